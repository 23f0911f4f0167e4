package workload

import (
	"github.com/plimsoll-dev/plimsoll/model"
)

const maxSize = 1_000_000 // of a resource

// upstreams reads what stands behind the service.
func (d *decoder) upstreams(list []entry) (ups []model.Upstream) {
	for _, e := range list {
		name := d.name(e.key, "an upstream")
		what := "upstream " + name
		f := d.fields(e.value, what, "write {latency: 400ms}", "latency")
		ups = append(ups, model.Upstream{Name: name, Latency: d.dist(f.need("latency", "latency: 400ms"), "the latency of "+name)})
	}
	return ups
}

// resources reads what requests share inside the service.
func (d *decoder) resources(list []entry) (res []model.Resource) {
	for _, e := range list {
		name := d.name(e.key, "a resource")
		what := "resource " + name
		f := d.fields(e.value, what, "write {size: 50}, or {monitor: true}", "size", "monitor", "shared")
		r := model.Resource{Name: name, Size: 1}
		if v := f.get("monitor"); v != nil {
			r.Monitor = d.boolean(v, "monitor of "+name)
		}
		if !r.Monitor {
			f.need("size", "size: 50")
		}
		if v := f.get("size"); v != nil {
			r.Size = d.count(v, "the size of "+name, 1, maxSize)
			if r.Monitor && r.Size != 1 {
				d.fail(v, "remove the size, or the monitor: a semaphore is a resource without monitor", "%s is a monitor, a lock that one request holds, and has size %d", name, r.Size)
			}
		}
		if v := f.get("shared"); v != nil {
			if r.Shared = d.boolean(v, "shared of "+name); r.Shared && r.Monitor {
				d.fail(v, "remove shared: what instances share is a resource with a size, as a database's connections", "%s is a monitor, a lock inside one process, and is shared by all", name)
			}
		}
		res = append(res, r)
	}
	return res
}

// unused warns of definitions that nothing refers to.
func (d *decoder) unused(list []entry, kind, code string, used map[string]bool) {
	for _, e := range list {
		if !used[kind+" "+e.name] {
			d.warn(e.key, code, "%s %s is defined, and no step uses it", kind, e.name)
		}
	}
}
