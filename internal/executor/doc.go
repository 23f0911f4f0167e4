// Package executor runs jobs on pools of operating system threads, with the
// two rules of growth that the field knows: Tomcat's, which makes threads
// before it queues, and java.util.concurrent's, which queues before it makes
// them. The package is Linux only.
package executor
