package main

import (
	"context"
	"fmt"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// defineKind does what operators do at their start: it defines a Kind by the compiled types, which travel as protobuf.
func defineKind(ctx context.Context, config *rest.Config, namespace string) error {
	clients, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}
	definitions := clients.ApiextensionsV1().CustomResourceDefinitions()
	group := namespace + ".example"
	name := "gadgets." + group
	least := 1.0
	made, err := definitions.Create(ctx, &apiextensions.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: apiextensions.CustomResourceDefinitionSpec{
			Group: group,
			Scope: apiextensions.NamespaceScoped,
			Names: apiextensions.CustomResourceDefinitionNames{Plural: "gadgets", Singular: "gadget", Kind: "Gadget", ListKind: "GadgetList"},
			Versions: []apiextensions.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Schema: &apiextensions.CustomResourceValidation{OpenAPIV3Schema: &apiextensions.JSONSchemaProps{
					Type: "object",
					Properties: map[string]apiextensions.JSONSchemaProps{"spec": {
						Type: "object",
						Properties: map[string]apiextensions.JSONSchemaProps{
							"size": {Type: "integer", Minimum: &least},
							"tags": {Type: "array", Items: &apiextensions.JSONSchemaPropsOrArray{Schema: &apiextensions.JSONSchemaProps{Type: "string"}}},
						},
					}},
				}},
			}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if found := made.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["size"].Minimum; found == nil || *found != least {
		return fmt.Errorf("the schema came back as another one: %v", found)
	}
	for ctx.Err() == nil {
		now, err := definitions.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range now.Status.Conditions {
			if condition.Type == apiextensions.Established && condition.Status == apiextensions.ConditionTrue {
				return definitions.Delete(ctx, name, metav1.DeleteOptions{})
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ctx.Err()
}
