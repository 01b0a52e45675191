package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/cache"
	ctrlcache "sigs.k8s.io/controller-runtime/pkg/cache"
)

func emptyMachine() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("kubevirt.io/v1")
	object.SetKind("VirtualMachine")
	return object
}

// machine is one that does not run and has nothing to boot from.
func machine(name string) *unstructured.Unstructured {
	object := emptyMachine()
	object.SetName(name)
	object.Object["spec"] = map[string]any{
		"runStrategy": "Halted",
		"template": map[string]any{"spec": map[string]any{
			"domain": map[string]any{"memory": map[string]any{"guest": "16Mi"}, "devices": map[string]any{}},
		}},
	}
	return object
}

func cacheOf(namespace string) ctrlcache.Options {
	return ctrlcache.Options{DefaultNamespaces: map[string]ctrlcache.Config{namespace: {}}}
}

// tellTo says what an informer hears, such as "added NAME".
func tellTo(seen chan<- string) cache.ResourceEventHandler {
	tell := func(what string, object any) {
		if key, err := cache.DeletionHandlingObjectToName(object); err == nil {
			seen <- what + " " + key.Name
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell("added", object) },
		UpdateFunc: func(_, object any) { tell("updated", object) },
		DeleteFunc: func(object any) { tell("deleted", object) },
	}
}

// await waits for these words in this order; others may come between.
func await(ctx context.Context, seen <-chan string, words ...string) error {
	for _, word := range words {
		for heard := ""; heard != word; {
			select {
			case heard = <-seen:
			case <-ctx.Done():
				return fmt.Errorf("never heard %q", word)
			}
		}
	}
	return nil
}
