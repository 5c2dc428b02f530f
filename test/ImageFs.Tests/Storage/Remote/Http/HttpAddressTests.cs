using ImageFs.Linux;
using ImageFs.Storage.Remote.Http;

namespace ImageFs.Tests.Storage.Remote.Http;

/// <summary>Addresses, taken apart as RFC 3986 has them.</summary>
public sealed class HttpAddressTests
{
    [TestCase("http://host/a.iso", "http://host/a.iso")]
    [TestCase("HTTPS://Host", "https://Host/")]
    [TestCase("http://host?x=1", "http://host/?x=1")]
    [TestCase("http://host/a%2F%2Fb?s=%7e%2B+/&t=~#part", "http://host/a%2F%2Fb?s=%7e%2B+/&t=~")]
    [TestCase("http://host/../a/./b", "http://host/../a/./b")]
    [TestCase("http://host/a b\r\nX: y", "http://host/a%20b%0D%0AX:%20y")]
    [TestCase("http://host/\u00FC", "http://host/%C3%BC")]
    [TestCase("http://[::1]:99/a", "http://[::1]:99/a")]
    public void What_is_asked_for_is_what_was_given(string address, string target) =>
        Assert.That(HttpAddress.Parse(address).Target.OriginalString, Is.EqualTo(target));

    [Test]
    public void A_user_and_a_password_are_decoded_and_not_asked_for()
    {
        var address = HttpAddress.Parse("https://al%40ice:p%3Aw@host:8443/a.iso?sign=secret");

        Assert.That((address.User, address.Password), Is.EqualTo(("al@ice", "p:w")));
        Assert.That(address.Target.OriginalString, Is.EqualTo("https://host:8443/a.iso?sign=secret"));
        Assert.That(address.Name, Is.EqualTo("https://host:8443/a.iso"));
    }

    [TestCase("http:///a.iso")]
    [TestCase("http://:80/")]
    [TestCase("http://a b/")]
    [TestCase("http://a\\b/")]
    [TestCase("http://host:99999/")]
    [TestCase("http://user:secret@")]
    public void What_is_no_address_is_told_without_its_secrets(string address) => Assert.That(
        () => HttpAddress.Parse(address), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EINVAL).And.Message.Not.Contains("secret"));

    [TestCase("/b?c=d", "http://host:99/b?c=d")]
    [TestCase("b", "http://host:99/x/b")]
    [TestCase("//other/b", "http://other/b")]
    [TestCase("https://u:p@other/b", "https://other/b")]
    public void A_redirection_leads_from_where_it_stands(string location, string target)
    {
        HttpAddress next = HttpAddress.Parse("http://user:password@host:99/x/a").Follow(location);
        Assert.That((next.Target.OriginalString, next.User), Is.EqualTo((target, (string?)null)));
    }

    [TestCase("ftp://host/a")]
    [TestCase("file:///etc/passwd")]
    public void A_redirection_out_of_HTTP_is_an_error(string location) =>
        Assert.That(() => HttpAddress.Parse("http://host/").Follow(location), Throws.TypeOf<LinuxException>());

    [TestCase("http://host/a", "http://HOST:80/b", true)]
    [TestCase("http://host/a", "https://host/b", true)]
    [TestCase("https://host/a", "http://host/b", false)]
    [TestCase("http://host:81/a", "https://host/b", false)]
    [TestCase("http://host/a", "http://host:81/b", false)]
    [TestCase("http://host/a", "http://host.other/b", false)]
    public void Only_the_same_server_is_told_secrets(string one, string other, bool isSame) =>
        Assert.That(HttpAddress.Parse(one).IsSameServer(HttpAddress.Parse(other)), Is.EqualTo(isSame));
}
