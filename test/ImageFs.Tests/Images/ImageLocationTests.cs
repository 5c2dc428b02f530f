using System.Globalization;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Images;

/// <summary>Where images are: paths and addresses, and the ways into images.</summary>
public sealed class ImageLocationTests
{
    private string _folder = string.Empty;

    [OneTimeSetUp]
    public void MakeFile()
    {
        _folder = Directory.CreateTempSubdirectory("imagefs-test-").FullName;
        File.WriteAllText(Path.Combine(_folder, "disk"), string.Empty);
    }

    [OneTimeTearDown]
    public void RemoveFile()
    {
        foreach (string name in Paths.List(_folder))
        {
            FileWriting.Remove($"{_folder}/{name}");
        }

        Directory.Delete(_folder);
    }

    [TestCase("disk", "disk")]
    [TestCase("disk//a/b.iso", "disk", "a/b.iso")]
    [TestCase("disk//a.qcow2//b.iso", "disk", "a.qcow2", "b.iso")]
    [TestCase("/disk", "/disk")]
    [TestCase("//disk//b.iso", "//disk", "b.iso")]
    [TestCase("missing//b.iso", "missing//b.iso")]
    [TestCase("disk/b.iso", "disk/b.iso")]
    public void Two_slashes_behind_a_file_lead_into_it(string path, string outer, params string[] inner)
    {
        var parsed = ImageLocation.Parse($"{_folder}/{path}");

        Assert.That(parsed.Outer, Is.EqualTo($"{_folder}/{outer}"));
        Assert.That(parsed.Inner, Is.EqualTo(inner));
    }

    [Test]
    public void A_device_can_be_led_into() => Assert.That(ImageLocation.Parse("/dev/null//a.iso").Outer, Is.EqualTo("/dev/null"));

    [Test]
    public void Too_many_images_are_refused() =>
        Assert.That(
            () => ImageLocation.Parse($"{_folder}/disk{string.Concat(Enumerable.Repeat("//x", 9))}"),
            Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("more than 8"));

    [TestCase("https://host/a.iso", "https", "https://host/a.iso")]
    [TestCase("HTTPS://host/a.iso", "https", "HTTPS://host/a.iso")]
    [TestCase("https://host/a.iso//inner.img", "https", "https://host/a.iso", "inner.img")]
    [TestCase("https://host/a.iso//b/c.img//d.iso", "https", "https://host/a.iso", "b/c.img", "d.iso")]
    [TestCase("https://host/a.iso?key=1%2F%2F2&x=y//inner.img", "https", "https://host/a.iso?key=1%2F%2F2&x=y", "inner.img")]
    [TestCase("https://host/a/%2Fb.iso//inner.img", "https", "https://host/a/%2Fb.iso", "inner.img")]
    [TestCase("https://user:word@host:8443/a.iso", "https", "https://user:word@host:8443/a.iso")]
    [TestCase("nbd://host", "nbd", "nbd://host")]
    [TestCase("nbd://host//inner.img", "nbd", "nbd://host", "inner.img")]
    [TestCase("nbd://[::1]:10809/export", "nbd", "nbd://[::1]:10809/export")]
    [TestCase("nbd+unix:///export?socket=/run/nbd.sock", "nbd+unix", "nbd+unix:///export?socket=/run/nbd.sock")]
    [TestCase("nbd+unix:///export?socket=/run/nbd.sock//disk.img", "nbd+unix", "nbd+unix:///export?socket=/run/nbd.sock", "disk.img")]
    [TestCase("nbd+unix:///?socket=/run/nbd.sock", "nbd+unix", "nbd+unix:///?socket=/run/nbd.sock")]
    [TestCase("nbd+unix://?socket=/run/nbd.sock//disk.img", "nbd+unix", "nbd+unix://?socket=/run/nbd.sock", "disk.img")]
    [TestCase("nbd://host/<e9>//<ff>.img", "nbd", "nbd://host/<e9>", "<ff>.img")]
    public void An_address_ends_before_the_first_two_slashes_behind_its_authority(string text, string scheme, string outer, params string[] inner)
    {
        var location = ImageLocation.Parse(Bytes(text));

        Assert.That((location.Scheme, location.Outer, location.IsPath), Is.EqualTo((scheme, Bytes(outer), false)));
        Assert.That(location.Inner, Is.EqualTo(inner.Select(Bytes)));
        Assert.That(location.Join(location.Outer), Is.EqualTo(Bytes(text)));
    }

    [TestCase("nbd:")]
    [TestCase("nbd:export")]
    [TestCase("nbd:/export")]
    [TestCase("./https://x")]
    [TestCase("/nbd://x")]
    [TestCase("://x")]
    [TestCase("1nbd://x")]
    [TestCase("n_bd://x")]
    [TestCase("a/b://x")]
    [TestCase("<e9>://x")]
    [TestCase("")]
    public void What_does_not_begin_with_a_scheme_is_a_path(string path)
    {
        var location = ImageLocation.Parse(Bytes(path));

        Assert.That((location.Scheme, location.Outer, location.IsPath), Is.EqualTo(("file", Bytes(path), true)));
        Assert.That(location.Inner, Is.Empty);
    }

    [TestCase("nbd:")]
    [TestCase("<e9> a%41")]
    public void A_file_of_any_name_is_led_into(string text)
    {
        string name = Bytes(text);
        FileWriting.Replace($"{_folder}/{name}", "here"u8);
        var location = ImageLocation.Parse($"{_folder}/{name}//\udcff.img");

        Assert.That((location.Outer, location.Inner.Single()), Is.EqualTo(($"{_folder}/{name}", "\udcff.img")));
    }

    [TestCase("file://{0}/disk")]
    [TestCase("file://localhost{0}/disk")]
    [TestCase("FILE://{0}/d%69sk")]
    [TestCase("file://{0}/d%69sk", "b%41.iso")]
    [TestCase("file://{0}%2Fdisk", "a", "b.iso")]
    public void The_address_of_a_file_is_its_path(string text, params string[] inner)
    {
        string address = string.Format(CultureInfo.InvariantCulture, text, _folder);
        var location = ImageLocation.Parse(string.Join("//", inner.Prepend(address)));

        Assert.That((location.Scheme, location.Outer, location.IsPath), Is.EqualTo(("file", $"{_folder}/disk", true)));
        Assert.That(location.Inner, Is.EqualTo(inner), "as they stand");
    }

    [TestCase("file:///%E9%C3%A9", "/<e9>é")]
    [TestCase("file:///100%", "/100%")]
    [TestCase("file:///%zz%4", "/%zz%4")]
    [TestCase("file:///a%00b", "/a%00b")]
    [TestCase("file:///<e9>", "/<e9>")]
    public void Its_bytes_may_be_numbers(string address, string path) => Assert.That(ImageLocation.Parse(Bytes(address)).Outer, Is.EqualTo(Bytes(path)));

    [Test]
    public void A_file_of_another_machine_is_not_had_by_its_address() =>
        Assert.That(() => ImageLocation.Parse("file://server/a.iso"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("server"));

    [TestCase("https://user:word@host:8443/a@b.iso?signature=1#x//inner.img", "https://host:8443/a@b.iso//inner.img")]
    [TestCase("https://host?signature=a@b", "https://host")]
    [TestCase("nbd+unix:///export?socket=/run/s", "nbd+unix:///export")]
    [TestCase("nbd://user@host", "nbd://host")]
    [TestCase("a?b@c", "a?b@c")]
    public void Secrets_are_not_shown_to_everybody(string text, string shown) => Assert.That(ImageLocation.Parse(text).PublicName, Is.EqualTo(shown));

    // An attribute cannot have the text of bytes that are no UTF-8.
    private static string Bytes(string text) => text.Replace("<e9>", "\udce9", StringComparison.Ordinal).Replace("<ff>", "\udcff", StringComparison.Ordinal);
}
