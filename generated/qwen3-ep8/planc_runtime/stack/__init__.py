"""
The private side of the stack: all that the runtime uses of transformers, TRL, accelerate and datasets beyond their public
names. No other file of a bundle touches a name there that begins with an underscore or lies in a module of their own.

Each file has a table `REQUIRED`, dotted name -> what it is needed for: a release may drop such a name without a word. A table
`WANTED` has those without which a run goes on, in another way.
`required` finds those that the installed releases lack, from their source alone, so that it needs neither torch nor a GPU.
"""
