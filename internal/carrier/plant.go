package carrier

// A Plant is a fault to be built into a scheduler, so that its tests can prove
// that they find it. The zero Plant is a scheduler as it should be.
type Plant struct {
	NewestFirst bool // the queue is served last in, first out
	LostWake    bool // a carrier that waits for events is not told of a thread made ready elsewhere
	Carriers    int  // added to the number of carriers
}
