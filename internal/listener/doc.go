// Package listener is what engines do to a listening socket beyond accepting:
// take over its queue, and at the end keep new clients out without resetting
// those that are on their way in.
package listener
