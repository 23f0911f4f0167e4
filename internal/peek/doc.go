// Package peek looks whether a connection that waits in a pool is still good.
package peek
