// Package address turns names into addresses, and addresses into the kernel's
// form and back, for engines that make their sockets themselves.
package address
