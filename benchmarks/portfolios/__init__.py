"""A generator of debtor portfolios with truth: several unequal systems that describe the same parties. No scoring."""
