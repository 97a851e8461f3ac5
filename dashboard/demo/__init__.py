"""The demo: a company that does not exist, with six months of leads, made through the services of the product.

`names` and `plot` decide what happens, from a seed, without a database; `company` sets the workspace up; `history` and
`drip` let the past happen in the order of time; `present` arranges what falls due while somebody looks.
"""
