"""What jobs build, as dbt itself has answered it: plain facts, and the questions asked of them."""
