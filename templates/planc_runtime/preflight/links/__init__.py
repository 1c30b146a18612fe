"""Whether the ranks reach each other along every axis of the plan's mesh, with right numbers and at the links' pace."""
