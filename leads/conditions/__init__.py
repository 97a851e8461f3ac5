"""Keep condition trees: the form of definitions, tiers, fit rules, routes and branches. Pure: no Django here.

A tree is JSON: `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}`, or a leaf
`{"fact": "account.employees", "op": "at_least", "value": 50, "label": "optional words"}`.

Facts are a flat mapping of dotted names (catalogue: `facts.KNOWN`) to text, numbers, booleans, dates, times or
lists of text. Text is compared without regard to case. A fact that is missing, None or empty fails its leaf,
whatever the operator (`unknown` aside), so a count that may be zero has to be given as zero. Times are aware; a
naive one is read as UTC. `fit.grade` (A best) and `interest.level` (1 most interested) compare by goodness:
`at_least` means at least as good as.
"""
