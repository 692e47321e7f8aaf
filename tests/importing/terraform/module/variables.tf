variable "threads" {
  type    = number
  default = 8
}
variable "prod_environment_id" { type = number }
variable "project_id" { default = 5 }
variable "token" {
  sensitive = true
  default   = "never-shown"
}
variable "names" {
  default = { nightly = "Nightly", weekly = "Weekly" }
}
variable "target" {}
