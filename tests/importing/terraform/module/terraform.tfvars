target = "prod"
