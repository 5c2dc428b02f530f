using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Volumes;

namespace ImageFs.Tests.Storage.Keys;

/// <summary>Keys by options, and a volume of a format of the tests' own that needs one.</summary>
public sealed class KeySourceTests
{
    private string _path = string.Empty;

    [SetUp]
    public void SetUp() => _path = Path.GetTempFileName();

    [TearDown]
    public void TearDown() => File.Delete(_path);

    [TestCase(1)]
    [TestCase(4096)]
    [TestCase(100_000)]
    public void A_key_is_all_bytes_of_its_file(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        File.WriteAllBytes(_path, bytes);
        var context = OpenContext.Of($"ro,key-file={_path}");
        using Key key = context.Keys.Find(new KeyRequest("1-x"))!;
        Assert.That(key.Bytes.ToArray(), Is.EqualTo(bytes));
        Assert.That(context.Options.Names, Is.EqualTo(new[] { "ro" }));
        Assert.That(context.Keys.Find(new KeyRequest("1-x", 1)), Is.Null, "it is the same again");
    }

    [Test]
    public void A_descriptor_is_read_once_for_all_volumes()
    {
        (FileDescriptor readEnd, FileDescriptor writeEnd) = Descriptors.MakePipe();
        using (readEnd)
        {
            using (writeEnd)
            {
                Descriptors.Write(writeEnd, "secret"u8, out _);
            }

            var context = OpenContext.Of($"key-fd={readEnd.DangerousGetHandle()}");
            for (int i = 0; i < 2; i++)
            {
                using Key key = context.WithoutOptions().Keys.Find(new KeyRequest($"{i}-x"))!;
                Assert.That(key.Bytes.ToArray(), Is.EqualTo("secret"u8.ToArray()));
            }
        }
    }

    [Test]
    public void A_key_is_erased_when_it_is_disposed_of()
    {
        var key = new Key("secret"u8);
        key.Dispose();
        Assert.That(key.Bytes.ToArray(), Is.All.Zero);
    }

    [Test]
    public void A_file_that_is_empty_or_not_there_is_told()
    {
        Assert.That(() => OpenContext.Of($"key-file={_path}").Keys.Find(new KeyRequest("x")), Throws.TypeOf<OptionException>().With.Message.Contains("no key"));
        Assert.That(() => OpenContext.Of($"key-file={_path}.no").Keys.Find(new KeyRequest("x")), Throws.TypeOf<LinuxException>());
        Assert.That(() => OpenContext.Of("key-fd=-1").Keys.Find(new KeyRequest("x")), Throws.TypeOf<OptionException>());
    }

    [Test]
    public void An_image_that_needs_no_key_leaves_the_options_unknown() =>
        Assert.That(OpenContext.Of($"key-file={_path}").Options.Names, Is.EqualTo(new[] { "key-file" }));

    [Test]
    public void Without_an_option_the_user_is_asked_until_there_is_no_more()
    {
        var asked = new List<(string, int)>();
        var context = new OpenContext() { Keys = new OptionKeys(new OptionList(), new Prompt(asked, "wrong", "secret")) };
        byte[] locked = [.. "sound text"u8.ToArray().Select(b => (byte)(b ^ Sum("secret"u8)))];
        VolumeSet set = new SealedFormat().Assemble([new VolumeMember(new MemorySource(locked), null)], context);
        byte[] read = new byte[locked.Length];
        set.Open(set.Entries[0], context).ReadAt(0, read);
        Assert.That(Encoding.ASCII.GetString(read), Is.EqualTo("sound text"));
        Assert.That(asked, Is.EqualTo(new[] { ("1-sealed", 0), ("1-sealed", 1) }));
        Assert.That(() => set.Open(set.Entries[0], new OpenContext()), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("key"));
    }

    private static byte Sum(ReadOnlySpan<byte> key)
    {
        byte sum = 0;
        foreach (byte b in key)
        {
            sum = unchecked((byte)(sum + b));
        }

        return sum;
    }

    private sealed class Prompt(List<(string Volume, int Attempt)> asked, params string[] answers) : IKeySource
    {
        public bool IsAtHand => false;

        public Key? Find(KeyRequest request)
        {
            asked.Add((request.Volume, request.Attempt));
            return request.Attempt < answers.Length ? new Key(Encoding.ASCII.GetBytes(answers[request.Attempt])) : null;
        }
    }

    // Every byte is changed by the sum of the key's; the right one makes it begin with an s.
    private sealed class SealedFormat : VolumeFormat
    {
        public override string Name => "sealed";

        public override string Title => "a sealed volume";

        public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context) => new(source, null);

        public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) => new SealedSet(members[0].Source);
    }

    private sealed record SealedSet(BlockSource Source) : VolumeSet("sealed", string.Empty)
    {
        public override IReadOnlyList<VolumeEntry> Entries { get; } = [new VolumeEntry(1, Source.Length, "sealed") { Name = "sealed" }];

        public override BlockSource Open(VolumeEntry entry, OpenContext context)
        {
            byte[] bytes = new byte[Source.Length];
            for (int attempt = 0; ; attempt++)
            {
                using Key key = context.Keys.Find(new KeyRequest($"{entry.Number}-{entry.Name}", attempt)) ?? throw new UnsupportedFeatureException("an encrypted volume without a key");
                Source.ReadAt(0, bytes);
                byte sum = Sum(key.Bytes);
                bytes = [.. bytes.Select(b => (byte)(b ^ sum))];
                if (bytes[0] == (byte)'s')
                {
                    return new MemorySource(bytes);
                }
            }
        }
    }
}
