package page

import (
	"math/rand/v2"
	"testing"
)

func TestALabelIsBesideItsPointAndOverNothing(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	placed := 0
	for range 200 {
		r := &room{whole: box{0, 0, 400, 300}}
		var points []xy
		for range 12 {
			p := xy{20 + 360*rnd.Float64(), 20 + 260*rnd.Float64()}
			points = append(points, p)
			r.take(box{p.x - 6, p.y - 6, p.x + 6, p.y + 6})
		}
		for i := 1; i < len(points); i += 3 {
			r.line(points[i-1], points[i])
		}
		for _, p := range points {
			const width, far = 60, 40
			at, ok := r.beside(p, width, far)
			if !ok {
				continue
			}
			placed++
			b := labelBox(at, width)
			if b.left < 0 || b.right > 400 || b.top < 0 || b.bottom > 300 {
				t.Fatalf("a label at %v leaves the drawing", b)
			}
			for _, other := range r.taken {
				if b.meets(other) {
					t.Fatalf("a label at %v is over %v", b, other)
				}
			}
			if near := (box{p.x - far, p.y - far - lineHeight, p.x + far, p.y + far + lineHeight}); !b.meets(near) {
				t.Fatalf("the label of %v is at %v", p, b)
			}
			r.take(b)
		}
	}
	if placed < 1000 {
		t.Errorf("only %d labels of 2,400 found a place", placed)
	}
}

func TestALabelInFreeRoomIsRightOfItsPoint(t *testing.T) {
	r := &room{whole: box{0, 0, 400, 300}}
	if at, ok := r.beside(xy{100, 100}, 60, 40); !ok || at.x < 100 || at.y != 104 {
		t.Errorf("it is at %v", at)
	}
	if _, ok := (&room{whole: box{0, 0, 50, 50}}).beside(xy{25, 25}, 60, 40); ok {
		t.Error("a label has a place in a drawing that is smaller than it")
	}
}

func TestALineIsTakenAllAlong(t *testing.T) {
	r := &room{whole: box{0, 0, 400, 300}}
	r.line(xy{10, 10}, xy{310, 210})
	for i := range 100 {
		x := 10 + 3*float64(i)
		y := 10 + 2*float64(i)
		if r.free(box{x - 3, y - 3, x + 3, y + 3}) {
			t.Errorf("the line can be written over at %g, %g", x, y)
		}
	}
}
