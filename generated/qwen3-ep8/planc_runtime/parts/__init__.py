"""
Models of several parts: a text model, which is trained, and what stands beside it, which stays as it was published.

`parts` says which class and which modules those are; `base` takes what is not trained from the checkpoint that was loaded;
`published` names and turns what is, so that both together are the model again.
"""
