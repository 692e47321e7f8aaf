# Environment variables: of the project, of environments, of a job; secrets become names.
resource "dbtcloud_environment" "prod" {
  name       = "Prod"
  project_id = 5
}
resource "dbtcloud_environment_variable" "level" {
  name               = "DBT_LEVEL"
  project_id         = 5
  environment_values = { "project" : "1", "Prod" : "2", "Dev" : "3" }
  depends_on         = [dbtcloud_environment.prod]
}
resource "dbtcloud_environment_variable" "secret" {
  name               = "DBT_ENV_SECRET_KEY"
  project_id         = 5
  environment_values = { project = "never-shown" }
}
variable "password" { sensitive = true }
resource "dbtcloud_environment_variable" "hidden" {
  name               = "DBT_PASSWORD"
  project_id         = 5
  environment_values = { project = var.password }
}
resource "dbtcloud_environment_variable" "elsewhere" {
  name               = "DBT_ELSEWHERE"
  project_id         = 6
  environment_values = { project = "x" }
}
resource "dbtcloud_environment_variable_job_override" "of_hourly" {
  name              = dbtcloud_environment_variable.level.name
  project_id        = 5
  job_definition_id = dbtcloud_job.hourly.id
  raw_value         = 9
}
resource "dbtcloud_job" "hourly" {
  name              = "Hourly"
  environment_id    = dbtcloud_environment.prod.environment_id
  project_id        = 5
  execute_steps     = ["dbt build -s tag:hourly"]
  triggers          = { schedule = "true" }
  schedule_interval = 6
}
resource "dbtcloud_job" "daily" {
  name           = "Daily"
  environment_id = dbtcloud_environment.prod.environment_id
  project_id     = 5
  execute_steps  = ["dbt build"]
  triggers       = { schedule = true }
  schedule_hours = [23, 5]
  is_active      = true
}
resource "dbtcloud_job" "deleted" {
  name           = "Deleted"
  environment_id = dbtcloud_environment.prod.environment_id
  project_id     = 5
  execute_steps  = ["dbt build"]
  triggers       = { schedule = true }
  is_active      = false
}
