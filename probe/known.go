package probe

import "slices"

// A gaugedPool is something of which services show Prometheus how much is taken,
// and how much there is.
type gaugedPool struct {
	what    string // in words
	busy    string // taken now
	limit   string // there may be at most; "": nobody shows that
	size    string // there are now, which is a limit while somebody waits
	waiting string // who waits for one
	kind    Kind   // the wall that it is, when it is full
}

// gaugedPools are those that are widely used, by the names that their exporters
// give them: Micrometer's binders of Tomcat, Jetty, HikariCP, DataSource, R2DBC,
// ExecutorService, Reactor Netty and MongoDB's driver, HikariCP's own collector,
// Quarkus's Agroal, client_golang's collector of database/sql, Yabeda's of Puma,
// php-fpm_exporter, and the process collector that every client library has.
var gaugedPools = []gaugedPool{
	{"Tomcat's threads", "tomcat_threads_busy_threads", "tomcat_threads_config_max_threads", "", "", SharedPool},
	{"Jetty's threads", "jetty_threads_busy", "jetty_threads_config_max", "", "jetty_threads_jobs", SharedPool},
	{"Puma's threads", "puma_busy_threads", "puma_max_threads", "", "puma_backlog", SharedPool},
	{"PHP-FPM's processes", "phpfpm_active_processes", "", "phpfpm_total_processes", "phpfpm_listen_queue", SharedPool},
	{"HikariCP's connections", "hikaricp_connections_active", "hikaricp_connections_max", "", "hikaricp_connections_pending", PrivatePool},
	{"HikariCP's connections", "hikaricp_active_connections", "hikaricp_max_connections", "", "hikaricp_pending_threads", PrivatePool},
	{"the DataSource's connections", "jdbc_connections_active", "jdbc_connections_max", "", "", PrivatePool},
	{"R2DBC's connections", "r2dbc_pool_acquired_connections", "r2dbc_pool_max_allocated_connections", "", "r2dbc_pool_pending_connections", PrivatePool},
	{"Agroal's connections", "agroal_active_count", "", "", "agroal_awaiting_count", PrivatePool},
	{"MongoDB's connections", "mongodb_driver_pool_checkedout", "", "mongodb_driver_pool_size", "mongodb_driver_pool_waitqueuesize", PrivatePool},
	{"database/sql's connections", "go_sql_in_use_connections", "go_sql_max_open_connections", "", "", PrivatePool},
	{"the HTTP client's connections", "reactor_netty_connection_provider_active_connections", "reactor_netty_connection_provider_max_connections", "", "reactor_netty_connection_provider_pending_connections", PrivatePool},
	{"the executor's threads", "executor_active_threads", "executor_pool_max_threads", "executor_pool_size_threads", "executor_queued_tasks", PrivatePool},
	{"descriptors", "process_open_fds", "process_max_fds", "", "", ConnectionCap},
	{"descriptors", "process_files_open_files", "process_files_max_files", "", "", ConnectionCap},
}

// Of the other families, those that say the same as each other.
var (
	cpuSeconds = map[string]float64{ // CPU time used, with the unit in seconds
		"process_cpu_seconds_total": 1, "process_cpu_time_ns_total": 1e-9,
	}
	cpuCounts    = []string{"system_cpu_count"}                                                       // CPUs that the process may use
	threadCounts = []string{"jvm_threads_live_threads", "jvm_threads_current", "process_num_threads"} // alive
	loopLags     = []string{"nodejs_eventloop_lag_seconds", "nodejs_eventloop_lag_max_seconds"}       // how late an event loop is
)

// unsummed are the families of which not the sum but the most is that of a service
// that shows several of them: how late its loops are, and what its processes share.
var unsummed = slices.Concat(loopLags, cpuCounts)

// families are all names that mean something here.
var families = func() (all []string) {
	for _, p := range gaugedPools {
		all = append(all, p.busy, p.limit, p.size, p.waiting)
	}
	for name := range cpuSeconds {
		all = append(all, name)
	}
	all = slices.Concat(all, cpuCounts, threadCounts, loopLags)
	all = slices.DeleteFunc(all, func(name string) bool { return name == "" })
	slices.Sort(all)
	return slices.Compact(all)
}()
