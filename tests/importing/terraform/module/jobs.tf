locals {
  seeds  = ["dbt seed"]
  steps  = concat(local.seeds, ["dbt build --target ${var.target}"])
  off    = { github_webhook = false, git_provider_webhook = false, schedule = false, on_merge = false }
  every  = merge(local.off, { schedule = true })
  circle = local.circle
}

/* Values with defaults are known; those of modules, loops and outputs aren't. */
resource "dbtcloud_job" "nightly" {
  name           = "${var.names["nightly"]} build"
  environment_id = var.prod_environment_id
  project_id     = var.project_id
  execute_steps  = local.steps
  num_threads    = var.threads
  target_name    = upper("prod") == "PROD" ? "prod" : "dev"
  triggers       = local.every
  schedule_type  = "custom_cron"
  schedule_cron  = "0 3 * * 7"
  schedule_days  = [0]
  execution      = { timeout_seconds = 7200 }
  generate_docs  = local.circle
  deferring_job_id = module.other.job_id
}

resource "dbtcloud_job" "after" {
  name           = local.unknown
  environment_id = module.environments.staging_id
  project_id     = var.project_id
  execute_steps  = ["dbt run", "dbt run --vars '{key: ${var.secret}}'", data.local_file.step.content]
  triggers       = local.off
  execution {
    timeout_seconds = 60
  }
  timeout_seconds = 120
  depends_on      = [dbtcloud_job.nightly]
  dynamic "job_completion_trigger_condition" {
    for_each = var.names
    content {
      job_id = dbtcloud_job.nightly.id
    }
  }
}

resource "dbtcloud_job" "each" {
  for_each       = var.names
  name           = each.value
  environment_id = var.prod_environment_id
  project_id     = var.project_id
  execute_steps  = ["dbt build"]
  triggers       = local.every
}

module "more_jobs" {
  source = "./more"
}
