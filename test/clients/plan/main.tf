terraform {
  required_providers {
    kubernetes = { source = "hashicorp/kubernetes" }
  }
}

variable "namespace" { type = string }
variable "kubeconfig" { type = string }
variable "tier" {
  type    = string
  default = "silver"
}

provider "kubernetes" {
  config_path = var.kubeconfig
}

resource "kubernetes_namespace" "own" {
  metadata {
    name = var.namespace
  }
}

resource "kubernetes_config_map" "note" {
  metadata {
    name      = "note"
    namespace = kubernetes_namespace.own.metadata[0].name
  }
  data = { tier = var.tier }
}

resource "kubernetes_secret" "word" {
  metadata {
    name      = "word"
    namespace = kubernetes_namespace.own.metadata[0].name
  }
  data = { password = "for a test" }
}

resource "kubernetes_manifest" "machine" {
  manifest = {
    apiVersion = "kubevirt.io/v1"
    kind       = "VirtualMachine"
    metadata   = { name = "box", namespace = "default", labels = { tier = var.tier } }
    spec = {
      runStrategy = "Halted"
      template = {
        spec = {
          domain = {
            memory  = { guest = "16Mi" }
            devices = { autoattachPodInterface = false }
          }
        }
      }
    }
  }
}
