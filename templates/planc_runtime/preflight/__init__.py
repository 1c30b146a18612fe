"""Look at a machine before anything is loaded, and say in a line each what stands in the way of the job."""
