package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Threads returns what a file of /proc/self/task (see proc(5)) says of each
// thread with a name; "" is any. It panics where the system has no such file.
func Threads(name, file string) (texts []string) {
	dirs, _ := filepath.Glob("/proc/self/task/*") // the pattern is well formed
	if len(dirs) == 0 {
		panic("rig: /proc does not show the threads of this process")
	}
	for _, dir := range dirs {
		comm, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || name != "" && strings.TrimSpace(string(comm)) != name {
			continue // it has ended, or is another
		}
		if b, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			texts = append(texts, strings.TrimSpace(string(b)))
		}
	}
	return texts
}

// InSyscall counts the threads with a name that are in a system call.
func InSyscall(name string, number int) (n int) {
	for _, text := range Threads(name, "syscall") {
		if strings.HasPrefix(text, fmt.Sprintf("%d ", number)) {
			n++
		}
	}
	return n
}
