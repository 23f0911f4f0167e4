package redact

import (
	"net/url"
	"strings"
	"testing"
)

func TestAURLIsWithoutItsSecrets(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"nothing to hide", "http://127.0.0.1:8080/wait?ms={ms}&user=7", "http://127.0.0.1:8080/wait?ms={ms}&user=7"},
		{"a token among others, which keep their places", "https://h/x?a=1&access_token=hunter2&ms={ms}", "https://h/x?a=1&access_token=…&ms={ms}"},
		{"an API key", "http://h/?api_key=hunter2", "http://h/?api_key=…"},
		{"in camel case", "http://h/?apiKey=hunter2&clientSecret=hunter2", "http://h/?apiKey=…&clientSecret=…"},
		{"a signed URL of S3", "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Credential=hunter2&X-Amz-Signature=hunter2&X-Amz-Security-Token=hunter2",
			"https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Credential=…&X-Amz-Signature=…&X-Amz-Security-Token=…"},
		{"a shared access signature of Azure", "https://a.blob.core.windows.net/c?sv=2020&se=2027&sig=hunter2", "https://a.blob.core.windows.net/c?sv=2020&se=2027&sig=…"},
		{"an escaped name", "http://h/?acc%65ss%5Ftoken=hunter2", "http://h/?acc%65ss%5Ftoken=…"},
		{"semicolons between parameters", "http://h/?a=1;password=hunter2;b=2", "http://h/?a=1;password=…;b=2"},
		{"a session in the path", "http://h/a/b;jsessionid=hunter2/c?d=e", "http://h/a/b;jsessionid=…/c?d=e"},
		{"PHP's", "http://h/?PHPSESSID=hunter2", "http://h/?PHPSESSID=…"},
		{"names that are none", "http://h/?author=a&inside=b&config=c&keyboard=d", "http://h/?author=a&inside=b&config=c&keyboard=d"},
		{"a name without a value", "http://h/?token&key=", "http://h/?token&key="},
		{"user information", "http://me:hunter2@h:1/x?y", "http://…@h:1/x?y"},
		{"a name alone may be a token", "https://hunter2@h/x", "https://…@h/x"},
		{"an @ that is none", "http://h/@me/x?to=a@b", "http://h/@me/x?to=a@b"},
		{"a password with a slash", "http://me:hun/ter2@h/x", "http://…@h/x"},
		{"a password with a question mark", "http://me:hunter?2@h/x", "http://…@h/x"},
		{"without a scheme", "me:hunter2@h/x", "…@h/x"},
		{"without a scheme, and with a URL in it", "h/x?token=hunter2&next=http://a", "h/x?token=…&next=http://a"},
		{"one slash", "http:/me:hunter2@h/x", "…@h/x"},
		{"a fragment, which nobody is sent", "http://h/x#access_token=hunter2", "http://h/x#…"},
		{"a URL in a URL", "http://h/login?back=https%3A%2F%2Fh%2F%3Ftoken%3Dhunter2&a=b", "http://h/login?back=…&a=b"},
		{"one without secrets", "http://h/login?back=https%3A%2F%2Fh%2Fx", "http://h/login?back=https%3A%2F%2Fh%2Fx"},
		{"a URL without scheme and host in a URL", "http://h/login?next=%2Fcb%3Ftoken%3Dhunter2&a=b", "http://h/login?next=…&a=b"},
		{"as it is, not escaped", "http://h/login?next=/cb?token=hunter2&a=b", "http://h/login?next=…&a=b"},
		{"nor a slash", "http://h/login?next=cb%3Ftoken%3Dhunter2", "http://h/login?next=…"},
		{"without a scheme, in a URL", "http://h/login?next=%2F%2Fme%3Ahunter2%40x%2F", "http://h/login?next=…"},
		{"a path without secrets in a URL", "http://h/login?next=%2Fcb%3Fa%3Db&to=%2F%40me", "http://h/login?next=%2Fcb%3Fa%3Db&to=%2F%40me"},
		{"a URL in the path", "http://h/fetch/http://me:hunter2@x/y?a=b&token=hunter2", "http://h/fetch/http://…@x/y?a=b&token=…"},
		{"one whose password has a question mark", "http://h/fetch/http://me:hun?ter2@x/y", "http://h/fetch/http://…@x/y"},
		{"several", "http://me:hunter2@h/a/http://me:hunter2@b/https://me:hunter2@c", "http://…@h/a/http://…@b/https://…@c"},
		{"one without secrets in the path", "http://h/fetch/http://x/@me?a=b", "http://h/fetch/http://x/@me?a=b"},
		{"escaped in the path", "http://h/fetch/http%3A%2F%2Fme%3Ahunter2%40x%2F/z", "http://h/fetch/…/z"},
		{"a URL for a parameter's name", "http://h/?http://me:hunter2@x/?a=b", "http://h/?…"},
		{"a session in the path that looks like one", "http://h/a;jsessionid=hunter2://x/b", "http://h/a;jsessionid=…//x/b"},
		{"a broken escape", "http://h/%zz?token=hunter2", "http://h/%zz?token=…"},
		{"nothing", "", ""},
	} {
		if got := URL(c.in); got != c.want {
			t.Errorf("%s: %s becomes %s, want %s", c.why, c.in, got, c.want)
		}
	}
}

func TestAPathIsWithoutItsSecrets(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"nothing to hide", "/x?to=a@b&ms=20", "/x?to=a@b&ms=20"},
		{"nor in a path that begins with a name", "/@me/x", "/@me/x"},
		{"a token among others", "/x?a=1&token=hunter2&b=2", "/x?a=1&token=…&b=2"},
		{"a session in the path", "/x;jsessionid=hunter2/y", "/x;jsessionid=…/y"},
		{"a URL in the path", "/fetch/http://me:hunter2@h/", "/fetch/http://…@h/"},
		{"no path", "x?token=hunter2", "x?token=…"},
		{"a broken escape", "/%zz?token=hunter2", "/%zz?token=…"},
		{"a broken escape, and an @ that may end a password", "/%zz:hunter2@h", "…"},
		{"nothing", "", ""},
	} {
		if got := Path(c.in); got != c.want || Path(got) != got {
			t.Errorf("%s: %s becomes %s, and that %s; want %s", c.why, c.in, got, Path(got), c.want)
		}
	}
}

func TestAMessageIsWithoutTheSecretsOfItsURLs(t *testing.T) {
	const in = `parse "http://me:hunter2@h:x/": bad; also https://h/?a=b&sig=hunter2 http://h/http://me:hunter2@x/ and 10 @ 5`
	const want = `parse "http://…@h:x/": bad; also https://h/?a=b&sig=… http://h/http://…@x/ and 10 @ 5`
	if got := Text(in); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// FuzzURL: a secret is gone wherever it stood, once and for all, and what is
// left is a URL if it was one.
func FuzzURL(f *testing.F) {
	f.Add("http://h/", "x", "&")
	f.Add("https://a@b/c;d", "token", ";")
	f.Add("http://h/?next=http%3A%2F%2Fa", "/", "#")
	f.Add("http://h/fetch/http://me:x@a/", "next=%2Fb%3Fkey%3Dc", "?")
	f.Fuzz(func(t *testing.T, base, a, b string) {
		const word = "hunter2"
		for _, text := range []string{base, base + "?" + a + b, "http://" + a + ":" + word + "@" + b, base + "?q=1&my_token=" + word + "&" + b, a + "?password=" + word} {
			got := URL(text)
			if again := URL(got); again != got {
				t.Errorf("%q becomes %q, and that %q", text, got, again)
			}
			if u, err := url.Parse(text); err == nil && u.Host != "" && !strings.ContainsAny(text, "@;") {
				if _, err := url.Parse(got); err != nil {
					t.Errorf("%q becomes %q: %v", text, got, err)
				}
			}
		}
		if u, err := url.Parse("http://h/?" + a); err == nil && !strings.Contains(a, "#") {
			if text := u.String() + "&token=" + word; strings.Contains(URL(text), word) {
				t.Errorf("%q keeps its secret: %q", text, URL(text))
			}
		}
	})
}
