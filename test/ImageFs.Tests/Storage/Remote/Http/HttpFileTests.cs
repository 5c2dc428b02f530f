using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Remote;
using ImageFs.Storage.Remote.Http;

namespace ImageFs.Tests.Storage.Remote.Http;

/// <summary>Files read in parts from servers that do what they should, and from those that do not.</summary>
public sealed class HttpFileTests
{
    private static readonly byte[] s_bytes = Enumerable.Range(0, 400_000).Select(i => (byte)(((i * 31) ^ (i >> 8)) & 0xFF)).ToArray();
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_impatience = TimeSpan.FromMilliseconds(300);

    [Test]
    public void Opening_takes_one_request_and_has_the_first_bytes()
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);

        Assert.That(file.Length, Is.EqualTo(s_bytes.Length));
        Assert.That(Read(file, 5, 131_000), Is.EqualTo(s_bytes[5..131_005]));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        HttpTestRequest request = server.Requests[0];
        Assert.That((request.Range, request["Accept-Encoding"], request["If-Range"]), Is.EqualTo(((0L, 131_071L), "identity", (string?)null)));
    }

    [TestCase(0, 400_000)]
    [TestCase(131_071, 2)]
    [TestCase(200_000, 1)]
    [TestCase(399_999, 1)]
    public void Any_part_is_read_and_is_asked_for_by_the_version_that_was_opened(int offset, int length)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);

        Assert.That(Read(file, offset, length), Is.EqualTo(s_bytes[offset..(offset + length)]));
        Assert.That(server.Requests[^1]["If-Range"], Is.EqualTo(HttpTestServer.Tag));
    }

    [Test]
    public void Threads_read_side_by_side()
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        _ = Read(file, 0, 131_072);

        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.That(Read(file, 1000 * i, 5000 + i).AsSpan().SequenceEqual(s_bytes.AsSpan(1000 * i, 5000 + i))));
    }

    [TestCase("416 Range Not Satisfiable", "Content-Range: bytes */0")]
    [TestCase("200 OK", "ETag: \"1\"")]
    public void An_empty_file_is_one(string status, string header)
    {
        using var server = new HttpTestServer([]) { Answer = _ => new HttpTestAnswer(status, [], header) };
        using HttpFile file = Open(server);
        Assert.That(file.Length, Is.Zero);
    }

    [Test]
    public void A_server_that_gives_less_than_it_is_asked_for_is_asked_for_the_rest()
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = request => server.Part(request.Range!.Value.From, Math.Min(request.Range.Value.From + 9_999, request.Range.Value.To));
        using HttpFile file = Open(server);

        Assert.That(Read(file, 5_000, 100_000), Is.EqualTo(s_bytes[5_000..105_000]));
    }

    [Test]
    public void A_body_in_chunks_is_read()
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = _ => HttpTestAnswer.Raw(Head("bytes 200000-200009/400000", "Transfer-Encoding: chunked") + "4\r\n" + Latin1(200_000, 4) + "\r\n6\r\n" + Latin1(200_004, 6) + "\r\n0\r\n\r\n");

        Assert.That(Read(file, 200_000, 10), Is.EqualTo(s_bytes[200_000..200_010]));
    }

    [TestCase("\"version-2\"", 400_000, "tag")]
    [TestCase(null, 400_000, "tag")]
    [TestCase(HttpTestServer.Tag, 400_001, "bytes")]
    public void A_part_of_another_version_is_an_error(string? tag, int length, string message)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = request => new HttpTestAnswer(
            "206 Partial Content", new byte[10], $"Content-Range: bytes 200000-200009/{length}", tag is null ? "X: y" : $"ETag: {tag}");

        Assert.That(() => Read(file, 200_000, 10), Throws.TypeOf<ChangedImageException>().With.Message.Contains(message).And.Property("Errno").EqualTo(Errno.EIO));
    }

    [TestCase("200 OK", "ETag: \"version-2\"")]
    [TestCase("412 Precondition Failed", "X: y")]
    [TestCase("416 Range Not Satisfiable", "Content-Range: bytes */7")]
    public void A_server_that_has_another_version_says_so(string status, string header)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = _ => new HttpTestAnswer(status, [], header);

        Assert.That(() => Read(file, 200_000, 10), Throws.TypeOf<ChangedImageException>());
    }

    [Test]
    public void A_file_that_is_replaced_is_never_mixed_with_the_old()
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.File = new byte[s_bytes.Length];
        server.Answer = request => server.Serve(request, "\"version-2\"");

        Assert.That(() => Read(file, 100_000, 300_000), Throws.TypeOf<ChangedImageException>());
    }

    [Test]
    public void Without_a_strong_tag_the_date_counts()
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = request => request["If-Range"] == HttpTestServer.Tag ? null : server.Part(request.Range!.Value.From, request.Range.Value.To, "W/\"weak\"");
        using HttpFile file = Open(server);

        Assert.That(Read(file, 200_000, 10), Is.EqualTo(s_bytes[200_000..200_010]));
        Assert.That(server.Requests[^1]["If-Range"], Is.EqualTo(HttpTestServer.Modified));
        server.Answer = _ => new HttpTestAnswer(
            "206 Partial Content", new byte[10], "Content-Range: bytes 200000-200009/400000", "ETag: W/\"weak\"", "Last-Modified: Mon, 06 Jan 2020 10:00:01 GMT");
        Assert.That(() => Read(file, 200_000, 10), Throws.TypeOf<ChangedImageException>());
    }

    [TestCase("bytes 200001-200010/400000", 10)]
    [TestCase("bytes 199999-200008/400000", 10)]
    [TestCase("bytes 0-9/400000", 10)]
    [TestCase("bytes 200000-200010/400000", 11)]
    [TestCase("bytes 200000-200008/400000", 10)]
    [TestCase("bytes 200000-399999/400000", 10)]
    [TestCase("bytes */400000", 10)]
    [TestCase("lines 200000-200009/400000", 10)]
    [TestCase("nonsense", 10)]
    public void Other_bytes_than_were_asked_for_are_an_error(string range, int length)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = _ => new HttpTestAnswer("206 Partial Content", new byte[length], $"Content-Range: {range}", $"ETag: {HttpTestServer.Tag}");

        Assert.That(() => Read(file, 200_000, 10), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
    }

    [Test]
    public void Chunks_with_more_than_was_asked_for_are_an_error()
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = _ => HttpTestAnswer.Raw(Head("bytes 200000-200009/400000", "Transfer-Encoding: chunked") + "b\r\n" + Latin1(200_000, 11) + "\r\n0\r\n\r\n");

        Assert.That(() => Read(file, 200_000, 10), Throws.TypeOf<LinuxException>().With.Message.Contains("more bytes"));
    }

    [TestCase(1)]
    [TestCase(99_999)]
    [TestCase(100_020)]
    public void A_body_that_is_cut_is_asked_for_again(int missing)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = request => server.Serve(request).Cut(missing);
        Assert.That(() => Read(file, 200_000, 100_000), Throws.TypeOf<LostLinkException>().With.Message.Contains("cut"));

        server.Answer = _ => null;
        Assert.That(Read(file, 200_000, 100_000), Is.EqualTo(s_bytes[200_000..300_000]));
    }

    [Test]
    public void A_connection_that_the_server_has_hung_up_on_is_made_again()
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = request => server.Serve(request) with { IsLast = true };
        using HttpFile file = Open(server);

        Assert.That(Read(file, 200_000, 10), Is.EqualTo(s_bytes[200_000..200_010]));
        Assert.That(Read(file, 300_000, 10), Is.EqualTo(s_bytes[300_000..300_010]));
    }

    [TestCase(0)]
    [TestCase(150)]
    public void A_server_that_falls_silent_is_given_up(int afterBytes)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server, s_impatience);
        using var end = new ManualResetEventSlim();
        server.Answer = request => new HttpTestAnswer(server.Serve(request).Bytes[..afterBytes], IsLast: true, end.Wait);

        Assert.That(() => file.Read(200_000, new byte[100_000], s_impatience), Throws.TypeOf<LostLinkException>().With.Message.Contains("in time"));
        end.Set();
    }

    [TestCase("500 X", null)]
    [TestCase("502 X", null)]
    [TestCase("503 X", 7)]
    [TestCase("429 X", 7)]
    [TestCase("408 X", null)]
    public void What_may_pass_is_asked_for_again(string status, int? seconds)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = _ => new HttpTestAnswer(status, [], seconds is null ? "X: y" : $"Retry-After: {seconds}");

        var error = Assert.Throws<LostLinkException>(() => Read(file, 200_000, 10))!;
        Assert.That(error.After?.TotalSeconds, Is.EqualTo(seconds));
    }

    [TestCase("401 X", Errno.EACCES)]
    [TestCase("403 X", Errno.EACCES)]
    [TestCase("404 X", Errno.ENOENT)]
    [TestCase("410 X", Errno.ENOENT)]
    [TestCase("400 X", Errno.EPROTO)]
    [TestCase("501 X", Errno.EOPNOTSUPP)]
    [TestCase("302 X", Errno.EPROTO)]
    public void What_will_not_pass_is_an_error_at_once(string status, Errno errno)
    {
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server);
        server.Answer = _ => new HttpTestAnswer(status, []);

        Assert.That(() => Read(file, 200_000, 10), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
        Assert.That(() => Open(server), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(errno).And.Message.StartsWith(server.Address));
    }

    [Test]
    public void A_server_without_ranges_is_refused_with_advice()
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = _ => new HttpTestAnswer("200 OK", s_bytes);
        Assert.That(() => Open(server), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("--download"));
    }

    [TestCase("gzip")]
    [TestCase("br, gzip")]
    public void An_encoded_body_is_refused(string encoding)
    {
        using var server = new HttpTestServer(s_bytes);
        HttpTestAnswer? Encode(HttpTestRequest request) =>
            new("206 Partial Content", new byte[request.Range!.Value.To + 1 - request.Range.Value.From], $"Content-Range: bytes {request["Range"]![6..]}/400000", $"Content-Encoding: {encoding}", $"ETag: {HttpTestServer.Tag}");
        using HttpFile file = Open(server);
        server.Answer = Encode;

        Assert.That(() => Open(server), Throws.TypeOf<UnsupportedFeatureException>());
        Assert.That(() => Read(file, 200_000, 10), Throws.TypeOf<UnsupportedFeatureException>());
    }

    [Test]
    public void Headers_without_end_are_an_error()
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = _ => HttpTestAnswer.Raw("HTTP/1.1 206 Partial Content\r\n" + string.Concat(Enumerable.Repeat($"X: {new string('y', 1000)}\r\n", 200)));
        Assert.That(() => Open(server), Throws.TypeOf<LinuxException>().With.Message.Contains("headers"));
    }

    [TestCase("HELLO\r\n\r\n")]
    [TestCase("HTTP/1.1 2x6 Partial\r\n\r\n")]
    [TestCase("HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\n0123456789")]
    [TestCase("HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/*\r\n\r\n0123456789")]
    [TestCase("HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/99999999999999999999\r\n\r\n0123456789")]
    [TestCase("HTTP/1.1 206 Partial Content\r\nContent-Length: -1\r\nContent-Range: bytes 9-0/10\r\n\r\n0123456789")]
    public void What_is_not_understood_is_an_error(string answer)
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = _ => HttpTestAnswer.Raw(answer);
        Assert.That(() => Open(server), Throws.TypeOf<LinuxException>());
    }

    [Test]
    public void A_server_that_is_not_there_is_an_error_at_once()
    {
        var server = new HttpTestServer(s_bytes);
        string address = server.Address;
        server.Dispose();
        Assert.That(() => Open(address), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ECONNREFUSED));
    }

    private static HttpFile Open(HttpTestServer server, TimeSpan? limit = null) => Open(server.Address, limit);

    private static HttpFile Open(string address, TimeSpan? limit = null) =>
        HttpFile.Open(new HttpRequests(HttpAddress.Parse(address), HttpOptions.Take(OptionList.Parse("netrc=/dev/null")), limit ?? s_patience), s_patience);

    private static byte[] Read(HttpFile file, long offset, int length)
    {
        byte[] bytes = new byte[length];
        file.Read(offset, bytes, s_patience);
        return bytes;
    }

    private static string Latin1(int offset, int length) => Encoding.Latin1.GetString(s_bytes, offset, length);

    private static string Head(string range, string header) =>
        $"HTTP/1.1 206 Partial Content\r\nContent-Range: {range}\r\nETag: {HttpTestServer.Tag}\r\n{header}\r\n\r\n";
}
