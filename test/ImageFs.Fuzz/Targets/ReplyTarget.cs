using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Session;
using ImageFs.Fuzz.Faults;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tests.Fuse;

namespace ImageFs.Fuzz.Targets;

/// <summary>
/// Replies whose system calls fail (splice, vmsplice, writev, write, pread): a seed is a row of reads, each with a script of what fails.
/// A reply goes out whole, or not at all; and the next one on the same channel is right.
/// </summary>
internal sealed class ReplyTarget : FuzzTarget
{
    private const int RecordLength = 24;
    private const int ScriptStart = 8;
    private const int MaxReads = 8;
    private const int ImageLength = 900_000;
    private const int PipeLength = 1 << 20;

    private static readonly ReplyWay?[] s_ways = [null, ReplyWay.Splice, ReplyWay.Gather, ReplyWay.Direct, ReplyWay.Copy];
    private static readonly int s_headerLength = Unsafe.SizeOf<FuseOutHeader>();

    private readonly Lazy<TestImage> _image = new(() => new TestImage(ImageLength));
    private readonly Lazy<(BlockSource File, byte[] Contents)[]> _files;
    private readonly byte[] _message = new byte[PipeLength];
    private readonly byte[] _record = new byte[RecordLength];
    private ulong _unique;

    /// <summary>Serves files that lie in the image as they are, with holes, in many pieces, and decoded.</summary>
    public ReplyTarget()
        : base("replies", [new Seed("reads", MakeReads)]) => _files = new Lazy<(BlockSource, byte[])[]>(MakeFiles);

    /// <inheritdoc/>
    public override bool IsAlone => true;

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use)
    {
        FaultLibrary.Load();
        using var target = Pipe.Create(PipeLength);
        var channels = new Dictionary<int, FuseChannel>();
        try
        {
            for (int at = 0; at + RecordLength <= device.Length && at < MaxReads * RecordLength; at += RecordLength)
            {
                device.ReadAt(at, _record);
                int way = _record[0] % (2 * s_ways.Length);
                if (!channels.TryGetValue(way, out FuseChannel? channel))
                {
                    channels[way] = channel = new FuseChannel(target.WriteEnd, new ReplyPolicy(s_ways[way / 2]), copiesHeader: way % 2 == 1);
                }

                Read(channel, target, use.Outcome);
            }
        }
        finally
        {
            foreach (FuseChannel channel in channels.Values)
            {
                channel.Dispose();
            }
        }
    }

    private void Read(FuseChannel channel, Pipe target, Outcome outcome)
    {
        (BlockSource file, byte[] contents) = _files.Value[_record[1] % _files.Value.Length];
        int offset = (int)(BinaryPrimitives.ReadUInt32LittleEndian(_record.AsSpan(2)) % (uint)contents.Length);
        int length = Math.Min(1 + (BinaryPrimitives.ReadUInt16LittleEndian(_record.AsSpan(6)) * 8), Math.Min(contents.Length - offset, FuseChannel.MaxPayload));
        var reply = default(FileReplyOutcome);
        bool isAnswered = false;
        int failed = FaultLibrary.Run(_record.AsSpan(ScriptStart), target.WriteEnd, () => isAnswered = outcome.Try(() => reply = channel.ReplyFile(++_unique, file, offset, length)));
        bool isSent = isAnswered && reply.Errno == Errno.None;
        OracleException.Check(isSent || failed > 0, "a reply is not sent, and nothing has failed");
        outcome.Note($"{reply.Way}", $"{reply.Fallback} {reply.Errno}");
        Check(target, contents.AsSpan(offset, length), isSent);

        // Nothing of what failed is left.
        outcome.NoteOpened();
        reply = channel.ReplyFile(++_unique, file, offset, length);
        OracleException.Check(reply.Errno == Errno.None, $"a reply after one that failed gives {reply.Errno}");
        Check(target, contents.AsSpan(offset, length), isSent: true);
        outcome.NoteRead();
    }

    private void Check(Pipe target, ReadOnlySpan<byte> expected, bool isSent)
    {
        int length = 0;
        for (int count; (count = Descriptors.Read(target.ReadEnd, _message.AsSpan(length), out _)) > 0;)
        {
            length += count;
        }

        if (!isSent)
        {
            OracleException.Check(length == 0, $"{length} bytes went out of a reply that was not sent");
            return;
        }

        OracleException.Check(length == s_headerLength + expected.Length, $"a reply of {expected.Length} bytes went out as {length} with its header");
        FuseOutHeader header = MemoryMarshal.Read<FuseOutHeader>(_message);
        OracleException.Check(header is { Error: 0 } && header.Len == length && header.Unique == _unique, "a reply has the header of another");
        OracleException.Check(_message.AsSpan(s_headerLength, expected.Length).SequenceEqual(expected), "a reply has other bytes than the file");
    }

    private (BlockSource, byte[])[] MakeFiles()
    {
        TestImage image = _image.Value;
        BlockSource[] files =
        [
            image.Layout((0, ImageLength)),
            image.Layout((2048, 300_000), (600_000, 200_000)),
            image.Layout([.. Enumerable.Range(0, 400).Select(i => (i * 2000L, 700L))]),
            new MappedSource(image.Device, new ExtentMapBuilder().AppendMapped(5000, 512).Append(200_000, ExtentKind.Hole).AppendMapped(100_000, 4096).Build()),
        ];
        var mixed = new MixedFile(image, new DecodedBlockCache(1 << 20), 6);
        return [.. files.Select(file => (file, TestImage.Contents(file))), (mixed, mixed.Contents)];
    }

    // Each way and each file; what fails is what mutants are made of.
    private static byte[] MakeReads()
    {
        var random = new Random(1);
        byte[] reads = new byte[4 * MaxReads * RecordLength];
        random.NextBytes(reads);
        for (int at = 0; at < reads.Length; at += RecordLength)
        {
            Span<byte> script = reads.AsSpan(at + ScriptStart, RecordLength - ScriptStart);
            for (int i = 0; i < script.Length; i++)
            {
                script[i] = random.Next(4) == 0 ? (byte)(script[i] | 0x80) : (byte)0;
            }
        }

        return reads;
    }
}
