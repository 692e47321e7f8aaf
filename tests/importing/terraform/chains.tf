# A completion trigger of its own, environments by key, merges, and the provider's former names.
resource "dbt_cloud_environment" "each" {
  for_each   = toset(["eu", "us"])
  name       = each.key
  project_id = 5
}
resource "dbt_cloud_job" "eu" {
  name           = "EU"
  environment_id = dbt_cloud_environment.each["eu"].environment_id
  project_id     = 5
  execute_steps  = ["dbt build"]
  triggers       = { on_merge = true }
  job_type       = "merge"
}
resource "dbtcloud_job" "us" {
  count          = 1
  name           = "US"
  environment_id = dbt_cloud_environment.each["us"].environment_id
  project_id     = 5
  execute_steps  = ["dbt build", "make"]
  triggers       = {}
  dbt_version    = "1.8.0-latest"
  run_lint       = true
  validate_execute_steps = true
}
resource "dbtcloud_job" "last" {
  name             = "Last"
  environment_id   = data.dbtcloud_environment.reporting.environment_id
  project_id       = 5
  execute_steps    = ["dbt test"]
  triggers         = {}
  deferring_job_id = dbtcloud_job.us[0].id
}
data "dbtcloud_environment" "reporting" {
  project_id = 5
}
resource "dbtcloud_job_completion_trigger" "us_after_eu" {
  job_id         = dbtcloud_job.us[0].id
  project_id     = 5
  trigger_job_id = dbt_cloud_job.eu.id
  statuses       = ["success", "error"]
}
resource "dbtcloud_job" "circle" {
  name           = "Circle"
  environment_id = data.dbtcloud_environment.reporting.environment_id
  project_id     = 5
  execute_steps  = ["dbt test"]
  triggers       = {}
  job_completion_trigger_condition {
    job_id     = dbtcloud_job.circle.id
    project_id = 5
    statuses   = ["error"]
  }
}
resource "dbtcloud_notification" "failures" {
  user_id    = 1
  on_failure = [dbtcloud_job.us[0].id]
}
