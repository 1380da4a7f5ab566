"""How other parties' HTTP servers are asked."""
