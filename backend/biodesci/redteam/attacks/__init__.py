"""The red team: what somebody with encrypted weights, and some help, gets back. One file per attack.

Every attack is a function of what its attacker really has. Keys appear in scoring alone (`score_...`), and in
the functions that stage an experiment."""
