// Command etcd is the store under the reference kube-apiserver: one member, on addresses given as arguments.
package main

import "go.etcd.io/etcd/server/v3/etcdmain"
import "os"

func main() { etcdmain.Main(os.Args) }
