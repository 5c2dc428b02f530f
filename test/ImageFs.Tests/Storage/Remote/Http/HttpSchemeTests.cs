using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Remote;

namespace ImageFs.Tests.Storage.Remote.Http;

/// <summary>Images of servers as the rest of the program gets them: read in parts, or fetched whole, and with what lies beside them.</summary>
public sealed class HttpSchemeTests
{
    private static readonly byte[] s_bytes = Enumerable.Range(0, 400_000).Select(i => (byte)(((i * 7) ^ (i >> 9)) & 0xFF)).ToArray();

    private readonly List<IDisposable> _opened = [];

    [TearDown]
    public void Close()
    {
        _opened.ForEach(opened => opened.Dispose());
        _opened.Clear();
    }

    [Test]
    public void An_image_is_a_device_by_its_public_name()
    {
        using var server = new HttpTestServer(s_bytes);
        ImageFile image = Open(server.Address.Replace("://", "://user:secret@", StringComparison.Ordinal) + "?sign=secret");

        Assert.That((image.Name, ((Device)image.Source).Name), Is.EqualTo((server.Address, server.Address)));
        Assert.That(Read(image), Is.EqualTo(s_bytes));
    }

    [Test]
    public void A_server_that_is_overloaded_is_asked_again_when_it_says()
    {
        using var server = new HttpTestServer(s_bytes);
        int count = 0;
        server.Answer = _ => count++ == 0 ? new HttpTestAnswer("503 X", [], "Retry-After: 0") : null;
        Assert.That(Read(Open(server.Address)), Is.EqualTo(s_bytes));

        server.Answer = _ => new HttpTestAnswer("503 X", [], "Retry-After: 100");
        Assert.That(() => Open(server.Address), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO).And.Message.Contains("503"));
    }

    [Test]
    public void A_server_that_does_not_answer_is_EIO_until_it_does_again()
    {
        using var server = new HttpTestServer(s_bytes);
        ImageFile image = Open(server.Address, "retry-time=0");
        server.Answer = request => server.Serve(request).Cut(1);
        Assert.That(() => Read(image), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));

        server.Answer = _ => null;
        Assert.That(Read(image), Is.EqualTo(s_bytes));
    }

    [Test]
    public void A_download_is_a_file_of_this_machine()
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = _ => new HttpTestAnswer("200 OK", s_bytes);
        var transfer = new Transfer();
        ImageFile image = Open(server.Address, "download", transfer);

        Assert.That(image.Source, Is.TypeOf<FileDevice>());
        Assert.That(Read(image), Is.EqualTo(s_bytes));
        Assert.That((transfer.Total, transfer.Reached, transfer.IsOver), Is.EqualTo(((long)s_bytes.Length, (long)s_bytes.Length, true)));
    }

    [Test]
    public void A_download_that_is_cut_goes_on_where_it_stands()
    {
        using var server = new HttpTestServer(s_bytes);
        int count = 0;
        server.Answer = request => count++ switch
        {
            0 => server.Serve(request).Cut(300_000),
            1 => From(request, "206 Partial Content").Cut(100_000),
            _ => From(request, "206 Partial Content"),
        };

        Assert.That(Read(Open(server.Address, "download")), Is.EqualTo(s_bytes));
        Assert.That(server.Requests.Select(request => request["Range"] is null), Is.EqualTo((bool[])[true, false, false]));
        Assert.That(server.Requests[^1]["If-Range"], Is.EqualTo(HttpTestServer.Tag));
        HttpTestAnswer From(HttpTestRequest request, string status)
        {
            int from = int.Parse(request["Range"]!["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            return new HttpTestAnswer(status, s_bytes[from..], $"Content-Range: bytes {from}-{s_bytes.Length - 1}/{s_bytes.Length}", $"ETag: {HttpTestServer.Tag}");
        }
    }

    [Test]
    public void A_download_begins_anew_where_the_server_gives_no_parts()
    {
        using var server = new HttpTestServer(s_bytes);
        int count = 0;
        server.Answer = _ => count++ == 0 ? new HttpTestAnswer("200 OK", s_bytes).Cut(1000) : new HttpTestAnswer("200 OK", s_bytes);
        Assert.That(Read(Open(server.Address, "download")), Is.EqualTo(s_bytes));
    }

    [Test]
    public void A_download_of_a_file_that_changes_is_an_error()
    {
        using var server = new HttpTestServer(s_bytes);
        int count = 0;
        server.Answer = request => count++ == 0 ? server.Serve(request).Cut(1000) : new HttpTestAnswer("200 OK", s_bytes, "ETag: \"version-2\"");
        Assert.That(() => Open(server.Address, "download"), Throws.TypeOf<ChangedImageException>());
    }

    [TestCase("../b.img")]
    [TestCase("c/../../b.img")]
    [TestCase("/etc/passwd")]
    public void An_image_names_no_file_outside_of_its_folder(string path)
    {
        using var server = new HttpTestServer(s_bytes);
        ImageFile image = Open(server.Address);
        Assert.That(() => image.OpenBeside(path, "extent"), Throws.TypeOf<ForbiddenFileException>());
    }

    [TestCase("b.img", "/b.img")]
    [TestCase("c/d?e#f%.img", "/c/d%3Fe%23f%25.img")]
    [TestCase("http://other/x", "/http%3A//other/x")]
    public void A_file_that_an_image_names_lies_beside_it(string path, string target)
    {
        using var server = new HttpTestServer(s_bytes);
        ImageFile image = Open(server.Address + "?key=1");
        Assert.That(Read(image.OpenBeside(path, "extent")), Is.EqualTo(s_bytes));
        Assert.That(server.Requests.Any(request => request.Target == target), string.Join(' ', server.Requests.Select(request => request.Target)));
    }

    private ImageFile Open(string address, string options = "retry-time=3", Transfer? transfer = null)
    {
        var context = OpenContext.Of($"{options},netrc=/dev/null");
        context = transfer is null ? context : context with { ShowTransfer = transfer.Begin };
        return LocationScheme.All.Single(scheme => scheme.Names.Contains("https")).Open(address, BackingPolicy.Folder, context, _opened);
    }

    private static byte[] Read(ImageFile image)
    {
        byte[] bytes = new byte[image.Source.Length];
        image.Source.ReadAt(0, bytes);
        return bytes;
    }

    private sealed class Transfer : ITransfer
    {
        public long Total { get; private set; }

        public long Reached { get; private set; }

        public bool IsOver { get; private set; }

        public Transfer Begin(long total)
        {
            Total = total;
            return this;
        }

        public void Reach(long bytes) => Reached = bytes;

        public void Dispose() => IsOver = true;
    }
}
