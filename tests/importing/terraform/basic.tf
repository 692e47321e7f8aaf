# The provider's own example: a daily job, its pull requests, and one that comes after it.
resource "dbtcloud_project" "dbt_project" {
  name                     = "Analytics"
  dbt_project_subdirectory = "transform"
}

resource "dbtcloud_environment" "prod" {
  dbt_version       = "1.9.0-latest"
  name              = "Prod (EU)"
  project_id        = dbtcloud_project.dbt_project.id
  type              = "deployment"
  credential_id     = dbtcloud_snowflake_credential.prod.credential_id
  deployment_type   = "production"
  use_custom_branch = true
  custom_branch     = "release"
}

resource "dbtcloud_environment" "ci" {
  name       = "CI"
  project_id = dbtcloud_project.dbt_project.id
  type       = "deployment"
}

resource "dbtcloud_snowflake_credential" "prod" {
  project_id = dbtcloud_project.dbt_project.id
  auth_type  = "password"
  password   = "never-shown"
  schema     = "analytics"
}

resource "dbtcloud_job" "daily_job" {
  environment_id = dbtcloud_environment.prod.environment_id
  execute_steps = [
    "dbt seed",
    "dbt build --vars '{\"day\": \"$${x}\"}'", // quotes within quotes
    <<-EOT
      dbt test --select tag:slow
    EOT
    ,
  ]
  generate_docs        = true
  is_active            = true
  name                 = "Daily job"
  description          = <<EOT
Builds everything.
It's "daily".
EOT
  num_threads          = 64
  project_id           = dbtcloud_project.dbt_project.id
  run_generate_sources = true
  target_name          = "default"
  triggers = {
    "github_webhook" : false
    "git_provider_webhook" : false
    "schedule" : true
    "on_merge" : false
  }
  schedule_days   = [1, 2, 3, 4, 5]
  schedule_type   = "days_of_week"
  schedule_hours  = [0, 12]
  timeout_seconds = 3600
  self_deferring  = true
  lifecycle {
    prevent_destroy = true
  }
}

resource "dbtcloud_job" "ci_job" {
  environment_id           = dbtcloud_environment.ci.environment_id
  execute_steps            = ["dbt build -s state:modified+ --fail-fast"]
  deferring_environment_id = dbtcloud_environment.prod.environment_id
  name                     = "CI Job"
  num_threads              = 32
  project_id               = dbtcloud_project.dbt_project.id
  run_compare_changes      = true
  triggers_on_draft_pr     = true
  triggers = { "github_webhook" : true, "git_provider_webhook" : true, "schedule" : false, "on_merge" : false }
  schedule_days = [0, 1, 2, 3, 4, 5, 6]
  schedule_type = "days_of_week"
}

resource "dbtcloud_job" "downstream_job" {
  environment_id = dbtcloud_environment.prod.environment_id
  execute_steps  = ["dbt build -s +my_model"]
  name           = "Downstream job"
  project_id     = dbtcloud_project.dbt_project.id
  triggers       = { github_webhook = false, git_provider_webhook = false, schedule = false, on_merge = false }
  job_completion_trigger_condition {
    job_id     = dbtcloud_job.daily_job.id
    project_id = dbtcloud_project.dbt_project.id
    statuses   = ["success", "canceled"]
  }
}
