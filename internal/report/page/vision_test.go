package page

import (
	"math"
	"strconv"
	"testing"
)

// sights are how linear sRGB is seen, by normal sight and by the three kinds of
// dichromats (Machado, Oliveira and Fernandes, "A Physiologically-based Model for
// Simulation of Color Vision Deficiency", 2009, severity 1).
var sights = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// seenAs is a colour of linear sRGB as somebody sees it, in Oklab (Ottosson,
// 2020), where distances are nearly those that people tell.
func seenAs(c [3]float64, sight [3][3]float64) [3]float64 {
	var v [3]float64
	for i := range v {
		for j := range c {
			v[i] += sight[i][j] * c[j]
		}
		v[i] = min(1, max(0, v[i]))
	}
	l := math.Cbrt(0.4122214708*v[0] + 0.5363325363*v[1] + 0.0514459929*v[2])
	m := math.Cbrt(0.2119034982*v[0] + 0.6806995451*v[1] + 0.1073969566*v[2])
	s := math.Cbrt(0.0883024619*v[0] + 0.2817188376*v[1] + 0.6299787005*v[2])
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// Eight colours that are told apart by who confuses red with green, too: of the
// palettes that come to mind the nearest two have a distance of 0.02.
func TestEnginesColoursAreToldApartByEverybody(t *testing.T) {
	const asked = 0.095
	for i, name := range []string{"light", "dark"} {
		colours := map[string][3]float64{}
		for _, m := range variable.FindAllStringSubmatch(rootRule.FindAllStringSubmatch(style, -1)[i][1], -1) {
			n, err := strconv.ParseUint(m[2], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			for k := range 3 {
				c := colours[m[1]]
				c[k] = linear(n >> (16 - 8*k))
				colours[m[1]] = c
			}
		}
		for sight, matrix := range sights {
			for a := range marks {
				for b := range a {
					p, q := seenAs(colours[colour(a)], matrix), seenAs(colours[colour(b)], matrix)
					if d := math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2])); d < asked {
						t.Errorf("%s, %s: engines %s and %s are %.3f apart; %.3f is asked", name, sight, letter(b), letter(a), d, asked)
					}
				}
			}
		}
	}
}
