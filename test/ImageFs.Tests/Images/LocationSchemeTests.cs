using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tests.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Images;

/// <summary>Images that are not at a path of this machine: opened by their scheme, with images inside them.</summary>
public sealed class LocationSchemeTests
{
    private static readonly byte[] s_inner = WithFile("HELLO   TXT", "hello"u8.ToArray());
    private static readonly byte[] s_outer = WithFile("INNER   IMG", s_inner);

    [TestCase("test://host/inner.img")]
    [TestCase("TEST://host/inner.img")]
    [TestCase("test+unix:///export?socket=/run/s.sock")]
    [TestCase("test://[::1]:99/?a=b#c")]
    public void An_opener_gets_the_address_as_it_was_given(string location)
    {
        using var device = new TestDevice(s_inner, location);
        using ImageStack image = Open(location, device);

        Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Is.EqualTo("hello"u8.ToArray()));
        Assert.That((image.Name, image.Device), Is.EqualTo((location, (Device)device)));
    }

    [TestCase("test://host/outer.img?key=a%2F%2Fb")]
    [TestCase("test://host")]
    public void An_image_inside_is_led_into(string location)
    {
        using var device = new TestDevice(s_outer, location);
        using ImageStack image = Open(location, device, "//inner.img");

        Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Is.EqualTo("hello"u8.ToArray()));
        Assert.That(image.Name, Is.EqualTo($"{location}//inner.img"));
        Assert.That(image.Device, Is.Null);
    }

    [Test]
    public void A_device_is_closed_with_its_image()
    {
        using var device = new TestDevice(s_inner);
        Open(device.Name, device).Dispose();
        Assert.That(device.IsDisposed);
    }

    [Test]
    public void A_device_is_closed_when_the_image_inside_it_cannot_be_opened()
    {
        using var device = new TestDevice(s_outer);
        Assert.That(() => Open(device.Name, device, "//none.img"), Throws.TypeOf<LinuxException>());
        Assert.That(device.IsDisposed);
    }

    [Test]
    public void A_failure_of_the_device_is_an_error_of_what_is_read()
    {
        using var device = new TestDevice(s_outer);
        using ImageStack image = Open(device.Name, device, "//inner.img");
        FileSystem files = image.OpenFileSystem();
        BlockSource file = files.OpenFile("hello.txt");
        device.Bad = (0, device.Length);

        Assert.That(() => file.ReadAt(0, new byte[5]), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
    }

    [TestCase("rbd://host/export", "rbd")]
    [TestCase("FTPS://host/a.iso//b.iso", "ftps")]
    [TestCase("test://host/a.iso", "test")]
    public void An_unknown_scheme_is_told_by_its_name(string location, string scheme) => Assert.That(
        () => ImageStack.Open(location),
        Throws.TypeOf<UnsupportedFeatureException>().With.Message.EqualTo($"not supported: the scheme {scheme} (a file of that name is opened as ./{location})"));

    [Test]
    public void What_a_scheme_does_not_have_is_its_own_error()
    {
        var scheme = new TestScheme(new Dictionary<string, Device>());
        Assert.That(() => ImageStack.Open("test://none", scheme.Context), Throws.TypeOf<LinuxException>().With.Message.Contains("test://none"));
    }

    private static ImageStack Open(string location, TestDevice device, string inner = "") =>
        ImageStack.Open(location + inner, new TestScheme(new Dictionary<string, Device> { [location] = device }).Context);

    private static byte[] WithFile(string name, byte[] contents)
    {
        var image = new FatImage(12, contents.Length < 512 ? 100u : 2000u);
        uint[] clusters = [.. Enumerable.Range(2, Math.Max(1, (contents.Length + image.ClusterSize - 1) / image.ClusterSize)).Select(cluster => (uint)cluster)];
        image.Chain(clusters).Add(0, FatImage.Entry(name, cluster: clusters[0], size: (uint)contents.Length));
        contents.CopyTo(image.Bytes, image.AddressOf(clusters[0]));
        return image.Bytes;
    }
}
