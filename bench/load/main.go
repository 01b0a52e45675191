// Puts a load on a Kubernetes API server and tells what it bore, as one line of JSON: `load SCENARIO`. The server's address, its
// token and its authority are in LOAD_SERVER, LOAD_TOKEN and LOAD_CA. In Go, so that the load costs little beside the server that
// it is put on, and uses the HTTP/2 that client-go uses.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	writers       = 64
	writes        = 4_000
	reads         = 12_000
	listed        = 1_000
	listings      = 30
	listers       = 4
	watchers      = 1_000
	watchedWrites = 200
	watchedFirst  = 20
	namespace     = "load"
)

// outcome is what a scenario took: how many a second, and how long one waited, in milliseconds.
type outcome struct {
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50Ms"`
	P99       float64 `json:"p99Ms"`
}

type server struct {
	url, token string
	client     *http.Client
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	scenarios := map[string]func(*server) (outcome, error){
		"create": create, "update": update, "get": get, "list": list, "watch": watch,
	}
	if len(os.Args) != 2 || scenarios[os.Args[1]] == nil {
		return errors.New("usage: load create|update|get|list|watch")
	}
	s, err := dial()
	if err != nil {
		return err
	}
	if err = s.prepare(); err != nil {
		return err
	}
	found, err := scenarios[os.Args[1]](s)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func dial() (*server, error) {
	authorities := x509.NewCertPool()
	text, err := os.ReadFile(os.Getenv("LOAD_CA"))
	if err != nil {
		return nil, err
	}
	if !authorities.AppendCertsFromPEM(text) {
		return nil, errors.New("LOAD_CA holds no certificate")
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: authorities},
		ForceAttemptHTTP2: true,
	}
	return &server{url: os.Getenv("LOAD_SERVER"), token: os.Getenv("LOAD_TOKEN"), client: &http.Client{Transport: transport}}, nil
}

func (s *server) send(method, path string, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, s.url+path, reader)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	return s.client.Do(request)
}

// must reads the answer to its end, which only then lets the connection go on.
func (s *server) must(method, path string, body any, accepted ...int) error {
	response, err := s.send(method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if !slices.Contains(accepted, response.StatusCode) {
		words, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, words)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func (s *server) prepare() error {
	return s.must("POST", "/api/v1/namespaces", object{"metadata": object{"name": namespace}}, 201, 409)
}

type object = map[string]any

const maps = "/api/v1/namespaces/" + namespace + "/configmaps"

// A kilobyte, as most objects are.
func configMap(name, value string) object {
	return object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": name},
		"data": object{"value": value, "padding": strings.Repeat("x", 900)}}
}

// timed does so many things, so many at a time.
func timed(count, atOnce int, do func(number int) error) (outcome, error) {
	took := make([]time.Duration, count)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	started := time.Now()
	for range atOnce {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				number := int(next.Add(1)) - 1
				if number >= count || failed.Load() != nil {
					return
				}
				begun := time.Now()
				if err := do(number); err != nil {
					failed.Store(&err)
					return
				}
				took[number] = time.Since(begun)
			}
		}()
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return outcome{}, *err
	}
	return outcomeOf(took, time.Since(started)), nil
}

func outcomeOf(took []time.Duration, whole time.Duration) outcome {
	slices.Sort(took)
	at := func(percent int) float64 {
		return float64(took[min(len(took)-1, len(took)*percent/100)].Microseconds()) / 1000
	}
	return outcome{PerSecond: float64(len(took)) / whole.Seconds(), P50: at(50), P99: at(99)}
}

// create begins with as many that do not count: a server that has just started is not what anybody uses.
func create(s *server) (outcome, error) {
	if _, err := timed(writes, writers, func(number int) error {
		return s.must("POST", maps, configMap(fmt.Sprintf("warm-%d", number), "0"), 201)
	}); err != nil {
		return outcome{}, err
	}
	return timed(writes, writers, func(number int) error {
		return s.must("POST", maps, configMap(fmt.Sprintf("made-%d", number), "0"), 201)
	})
}

// update begins with as many that do not count, too.
func update(s *server) (outcome, error) {
	if _, err := s.updateAll("warm"); err != nil {
		return outcome{}, err
	}
	return s.updateAll("made")
}

func (s *server) updateAll(prefix string) (outcome, error) {
	return timed(writes, writers, func(number int) error {
		name := fmt.Sprintf("%s-%d", prefix, number)
		return s.must("PUT", maps+"/"+name, configMap(name, "1"), 200)
	})
}

func get(s *server) (outcome, error) {
	return timed(reads, writers, func(number int) error {
		return s.must("GET", fmt.Sprintf("%s/made-%d", maps, number%writes), nil, 200)
	})
}

const machines = "/apis/kubevirt.io/v1/namespaces/" + namespace + "/virtualmachines"

func machine(name string) object {
	return object{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": object{"name": name},
		"spec": object{"runStrategy": "Halted", "template": object{
			"metadata": object{"labels": object{"app": "load"}},
			"spec": object{
				"terminationGracePeriodSeconds": 30,
				"domain": object{
					"cpu": object{"cores": 2}, "memory": object{"guest": "1Gi"},
					"devices": object{
						"disks":      []object{{"name": "root", "disk": object{"bus": "virtio"}}},
						"interfaces": []object{{"name": "default", "masquerade": object{}, "ports": []object{{"port": 80}}}},
					},
				},
				"networks": []object{{"name": "default", "pod": object{}}},
				"volumes":  []object{{"name": "root", "containerDisk": object{"image": "example.org/disk:1"}}},
			},
		}}}
}

func list(s *server) (outcome, error) {
	_, err := timed(listed, writers, func(number int) error {
		return s.must("POST", machines, machine(fmt.Sprintf("listed-%d", number)), 201, 409)
	})
	if err != nil {
		return outcome{}, err
	}
	return timed(listings, listers, func(int) error {
		return s.must("GET", machines+"?limit=500", nil, 200)
	})
}

// watch tells how long it takes from the moment in which a change is sent until each of the watchers has it. The first changes do
// not count: as with creates.
func watch(s *server) (outcome, error) {
	var lock sync.Mutex
	sent := make(map[string]time.Time, watchedWrites)
	took := make([]time.Duration, 0, watchers*watchedWrites)
	heard := make(chan struct{}, watchers*(watchedFirst+watchedWrites))
	failed := make(chan error, watchers)
	var opened sync.WaitGroup
	for range watchers {
		opened.Add(1)
		go func() {
			response, err := s.send("GET", maps+"?watch=true&labelSelector=watched&timeoutSeconds=300", nil)
			if err == nil && response.StatusCode != 200 {
				err = fmt.Errorf("a watch was answered with %d", response.StatusCode)
			}
			opened.Done()
			if err != nil {
				failed <- err
				return
			}
			defer response.Body.Close()
			lines := bufio.NewScanner(response.Body)
			lines.Buffer(make([]byte, 0, 4096), 1<<20)
			for lines.Scan() {
				now := time.Now()
				var event struct {
					Type   string
					Object struct{ Metadata struct{ Name string } }
				}
				if json.Unmarshal(lines.Bytes(), &event) != nil || event.Type != "ADDED" {
					continue
				}
				lock.Lock()
				begun, isOurs := sent[event.Object.Metadata.Name]
				if isOurs {
					took = append(took, now.Sub(begun))
				}
				lock.Unlock()
				if isOurs {
					heard <- struct{}{}
				}
			}
		}()
	}
	opened.Wait()
	var started time.Time
	for number := range watchedFirst + watchedWrites {
		if number == watchedFirst {
			lock.Lock()
			started, took = time.Now(), took[:0]
			lock.Unlock()
		}
		name := fmt.Sprintf("watched-%d-%d", os.Getpid(), number)
		made := configMap(name, "0")
		made["metadata"] = object{"name": name, "labels": object{"watched": "yes"}}
		lock.Lock()
		sent[name] = time.Now()
		lock.Unlock()
		if err := s.must("POST", maps, made, 201); err != nil {
			return outcome{}, err
		}
		// All have it before the next is made: the time of one is not the queue of the others.
		for range watchers {
			select {
			case <-heard:
			case err := <-failed:
				return outcome{}, err
			case <-time.After(30 * time.Second):
				return outcome{}, errors.New("a watcher never heard of a change")
			}
		}
	}
	return outcomeOf(took, time.Since(started)), nil
}
