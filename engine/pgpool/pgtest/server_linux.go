package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// A Server is a running PostgreSQL. It trusts everybody who can connect: the
// superuser postgres, and app, who can do what an application can.
type Server struct {
	bin    string // directory of the server's programs
	dir    string // directory of everything that is the server's
	port   int
	as     *syscall.Credential // who it runs as; nil: as we do
	keeper *os.File            // held open while this process lives
}

// MaxConnections is how many connections app can have: the server's
// max_connections without those reserved for superusers.
const MaxConnections = 27

const reserved = 3

var start = sync.OnceValues(newServer)

// Start returns the server of this process, which it starts if need be.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newServer() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if s.as, err = host.Nobody(); err != nil { // PostgreSQL refuses to run as root
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "plimsoll-postgres-"); err != nil {
		return nil, err
	}
	if s.as != nil {
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(s.dir))
		}
	}
	if err := s.keep(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	err = s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if err != nil {
		return nil, err
	}
	if err := s.configure(); err != nil {
		return nil, err
	}
	if err := s.run("pg_ctl", "start", "-w", "-D", s.data(), "-l", filepath.Join(s.dir, "log")); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return nil, fmt.Errorf("%w\n%s", err, log)
	}
	return s, s.run("psql", "-X", "-q", "-h", s.dir, "-p", strconv.Itoa(s.port), "-U", "postgres", "-d", "postgres",
		"-c", "create role app login; grant all on schema public to app")
}

// programs finds the newest PostgreSQL that is installed. Debian keeps the
// server's programs out of the path.
func programs() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for i := len(dirs) - 1; i >= 0; i-- {
		if _, err := os.Stat(filepath.Join(dirs[i], "initdb")); err == nil {
			return dirs[i], nil
		}
	}
	return "", errors.New("pgtest: no PostgreSQL server found; run scripts/setup, which installs it")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

func (s *Server) run(program string, args ...string) error {
	// Into a file: the server inherits it, and a pipe would never end.
	out, err := os.CreateTemp("", "plimsoll-postgres-out-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) //nolint:errcheck // temporary
	defer out.Close()           //nolint:errcheck // read by name
	cmd := s.command(filepath.Join(s.bin, program), args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("pgtest: %s: %w\n%s", program, err, text)
	}
	return nil
}

// keep starts what stops the server and removes its directory when this
// process ends: a shell whose standard input ends then. It is in a process
// group of its own, so that an interrupt does not end it before.
func (s *Server) keep() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // the keeper's
	cmd := s.command("/bin/sh", "-c", `read -r _; "$0/pg_ctl" stop -D "$1/data" -m immediate; cd / && rm -rf "$1"`, s.bin, s.dir)
	cmd.Stdin = r
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return errors.Join(err, w.Close())
	}
	s.keeper = w
	return cmd.Process.Release()
}

// configure has the server listen on a port that is free, and spares it what
// is for data that anybody will miss.
func (s *Server) configure() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.port = port
	var conf bytes.Buffer
	for _, line := range []string{
		"listen_addresses = '127.0.0.1'",
		fmt.Sprintf("port = %d", s.port),
		fmt.Sprintf("unix_socket_directories = '%s'", s.dir),
		fmt.Sprintf("max_connections = %d", MaxConnections+reserved),
		fmt.Sprintf("superuser_reserved_connections = %d", reserved),
		"fsync = off", "synchronous_commit = off", "full_page_writes = off",
		"shared_buffers = 16MB", "max_wal_senders = 0", "wal_level = minimal",
		"autovacuum = off", "jit = off",
	} {
		fmt.Fprintln(&conf, line)
	}
	return os.WriteFile(filepath.Join(s.data(), "postgresql.auto.conf"), conf.Bytes(), 0o600)
}

// freePort looks below the ports that the kernel gives to clients: the server
// needs the same one again after a restart.
func freePort() (int, error) {
	for range 100 {
		port := 15000 + rand.IntN(15000)
		if ln, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			return port, ln.Close()
		}
	}
	return 0, errors.New("pgtest: no free port")
}

// ConnString returns how to connect as a user. The server shows application in
// pg_stat_activity.
func (s *Server) ConnString(user, application string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=postgres sslmode=disable application_name='%s'", s.port, user, application)
}

// Restart restarts the server: "fast" tells its clients, "immediate" is a
// crash. It returns when the server takes connections again.
func (s *Server) Restart(t testing.TB, mode string) {
	t.Helper()
	if err := s.run("pg_ctl", "restart", "-w", "-D", s.data(), "-m", mode, "-l", filepath.Join(s.dir, "log")); err != nil {
		t.Fatal(err)
	}
}
