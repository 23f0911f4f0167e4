// Package eventloop runs fibers on one thread that waits for events: the loop
// of engine/loop, and each of those of engine/hybrid.
//
//	l := eventloop.New(eventloop.Config{…})
//	err := l.Open()
//	s, err := fiber.NewServer(l.Group(), listener, fiber.Config{…})
//	s.Start()
//	err = l.Run(s.Done())   // on a goroutine of its own, which ends with its thread
//
// It books how busy the loop is, how long events wait for it, and names the
// steps that keep it from everybody else. The package is Linux only.
package eventloop
