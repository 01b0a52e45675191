// What a controller of others does, deed by deed: `controller DEED`. It ends with 0 when it came about. Objects that
// kubectl knows by a compiled type travel as protobuf, machines as unstructured JSON.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

var machines = schema.GroupVersionResource{Group: "kubevirt.io", Version: "v1", Resource: "virtualmachines"}

// Everything here takes milliseconds on a good server.
const patience = 60 * time.Second

var deeds = map[string]func(context.Context, *rest.Config, string) error{
	"typed-informer":     typedInformer,
	"dynamic-informer":   dynamicInformer,
	"server-side-apply":  serverSideApply,
	"conflict":           conflict,
	"leader-election":    electLeader,
	"controller-runtime": reconcileMachines,
	"define-kind":        defineKind,
}

func main() {
	log.SetLogger(zap.New())
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New("usage: controller DEED NAMESPACE")
	}
	deed, isKnown := deeds[os.Args[1]]
	if !isKnown {
		return fmt.Errorf("no deed is called %q", os.Args[1])
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return deed(ctx, config, os.Args[2])
}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"a": "1"}}
}

// An informer with compiled types sees what is made, changed and deleted.
func typedInformer(ctx context.Context, config *rest.Config, namespace string) error {
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(api, 0, informers.WithNamespace(namespace))
	informer := factory.Core().V1().ConfigMaps().Informer()
	seen := make(chan string, 16)
	_, err = informer.AddEventHandler(tellTo(seen))
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return errors.New("the informer never had all")
	}
	maps := api.CoreV1().ConfigMaps(namespace)
	made, err := maps.Create(ctx, configMap("seen"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	made.Data["a"] = "2"
	if _, err = maps.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err = maps.Delete(ctx, "seen", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return await(ctx, seen, "added seen", "updated seen", "deleted seen")
}

// An informer without compiled types sees a machine come and go.
func dynamicInformer(ctx context.Context, config *rest.Config, namespace string) error {
	api, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(api, 0, namespace, nil)
	informer := factory.ForResource(machines).Informer()
	seen := make(chan string, 16)
	if _, err = informer.AddEventHandler(tellTo(seen)); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return errors.New("the informer never had all")
	}
	if _, err = api.Resource(machines).Namespace(namespace).Create(ctx, machine("followed"), metav1.CreateOptions{}); err != nil {
		return err
	}
	if err = api.Resource(machines).Namespace(namespace).Delete(ctx, "followed", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return await(ctx, seen, "added followed", "deleted followed")
}

// Two managers apply fields of their own; the one does not take away what the other said, and a conflict is told.
func serverSideApply(ctx context.Context, config *rest.Config, namespace string) error {
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	maps := api.CoreV1().ConfigMaps(namespace)
	apply := func(manager string, data map[string]string, force bool) (*corev1.ConfigMap, error) {
		wanted := applycore.ConfigMap("shared", namespace).WithData(data)
		return maps.Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: manager, Force: force})
	}
	if _, err = apply("one", map[string]string{"a": "1"}, false); err != nil {
		return err
	}
	both, err := apply("two", map[string]string{"b": "2"}, false)
	if err != nil {
		return err
	}
	if both.Data["a"] != "1" || both.Data["b"] != "2" {
		return fmt.Errorf("both said something, and there is %v", both.Data)
	}
	if _, err = apply("two", map[string]string{"a": "3", "b": "2"}, false); !apierrors.IsConflict(err) {
		return fmt.Errorf("a field of somebody else's was taken: %v", err)
	}
	if _, err = apply("two", map[string]string{"a": "3", "b": "2"}, true); err != nil {
		return err
	}
	left, err := apply("one", map[string]string{}, false)
	if err != nil {
		return err
	}
	if left.Data["a"] != "3" {
		return fmt.Errorf("what was taken over went with its former owner: %v", left.Data)
	}
	return maps.Delete(ctx, "shared", metav1.DeleteOptions{})
}

// A write that knows an older state is refused as a conflict.
func conflict(ctx context.Context, config *rest.Config, namespace string) error {
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	maps := api.CoreV1().ConfigMaps(namespace)
	made, err := maps.Create(ctx, configMap("raced"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	first, second := made.DeepCopy(), made.DeepCopy()
	first.Data["a"], second.Data["a"] = "first", "second"
	if _, err = maps.Update(ctx, first, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if _, err = maps.Update(ctx, second, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("an old state was written over a newer one: %v", err)
	}
	return maps.Delete(ctx, "raced", metav1.DeleteOptions{})
}

// A Lease elects one leader, who lets go at the end.
func electLeader(ctx context.Context, config *rest.Config, namespace string) error {
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	leading := make(chan struct{})
	inner, stop := context.WithCancel(ctx)
	defer stop()
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Name: "leader", Namespace: namespace},
		Client:     api.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: "one"},
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, ReleaseOnCancel: true,
		LeaseDuration: 6 * time.Second, RenewDeadline: 4 * time.Second, RetryPeriod: time.Second,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(leading) },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { elector.Run(inner); close(ended) }()
	select {
	case <-leading:
	case <-ctx.Done():
		return errors.New("nobody was elected")
	}
	stop()
	<-ended
	lease, err := api.CoordinationV1().Leases(namespace).Get(ctx, "leader", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if holder := lease.Spec.HolderIdentity; holder != nil && *holder != "" {
		return fmt.Errorf("%s did not let go", *holder)
	}
	return nil
}

const finalizer = "matrix.example/finalizer"

type reconciler struct {
	client.Client
	finalized chan string
}

func (r *reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	found := emptyMachine()
	if err := r.Get(ctx, request.NamespacedName, found); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if found.GetDeletionTimestamp() == nil {
		before := client.MergeFrom(found.DeepCopy())
		if !controllerutil.AddFinalizer(found, finalizer) {
			return reconcile.Result{}, nil
		}
		return reconcile.Result{}, r.Patch(ctx, found, before)
	}
	if controllerutil.RemoveFinalizer(found, finalizer) {
		if err := r.Update(ctx, found); err != nil {
			return reconcile.Result{}, err
		}
		r.finalized <- found.GetName()
	}
	return reconcile.Result{}, nil
}

// A manager with a cache of machines keeps a finalizer on each, and lets it go when the machine is deleted.
func reconcileMachines(ctx context.Context, config *rest.Config, namespace string) error {
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Metrics: server.Options{BindAddress: "0"},
		Cache:   cacheOf(namespace),
	})
	if err != nil {
		return err
	}
	finalized := make(chan string, 1)
	err = ctrl.NewControllerManagedBy(manager).Named("machines").For(emptyMachine()).
		Complete(&reconciler{Client: manager.GetClient(), finalized: finalized})
	if err != nil {
		return err
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(inner) }()

	direct, err := client.New(config, client.Options{})
	if err != nil {
		return err
	}
	guarded := machine("guarded")
	guarded.SetNamespace(namespace)
	if err = direct.Create(ctx, guarded); err != nil {
		return err
	}
	key := types.NamespacedName{Namespace: namespace, Name: "guarded"}
	for found := emptyMachine(); !controllerutil.ContainsFinalizer(found, finalizer); {
		if err = direct.Get(ctx, key, found); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err = direct.Delete(ctx, guarded); err != nil {
		return err
	}
	select {
	case <-finalized:
	case err = <-ended:
		return fmt.Errorf("the manager ended: %w", err)
	case <-ctx.Done():
		return errors.New("the finalizer was never asked for")
	}
	for {
		if err = direct.Get(ctx, key, emptyMachine()); apierrors.IsNotFound(err) {
			return nil
		}
		if ctx.Err() != nil {
			return errors.New("it is still there without its finalizer")
		}
		time.Sleep(50 * time.Millisecond)
	}
}
