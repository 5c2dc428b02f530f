using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CompactDisc;

/// <summary>The audio tracks of a disc as WAV files: <c>Track 02.wav</c>. A node id is the track's number and one; the root's is 1. Those that cannot be read are left out: they are not silence.</summary>
/// <param name="disc">The tracks of the disc.</param>
public sealed class AudioFileSystem(IDiscTracks disc) : FileSystem
{
    private const uint DirectoryPermissions = 0x16D; // r-xr-xr-x
    private const uint FilePermissions = 0x124; // r--r--r--
    private const uint BlockSizeOfStatistics = 4096;
    private const int StatBlock = 512;

    // Entry numbers of the root's listing: ".", "..", then the tracks.
    private const int FirstTrackEntry = 2;

    private readonly DiscTrack[] _tracks = [.. disc.Tracks.Where(track => track is { IsData: false, Problem: null })];

    /// <inheritdoc/>
    public override string Format => "cdda";

    /// <inheritdoc/>
    public override NodeId Root => new(1);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = BlockSizeOfStatistics,
        Blocks = (ulong)_tracks.Sum(track => OpenFile(IdOf(track)).Length) / BlockSizeOfStatistics,
        Files = (ulong)_tracks.Length,
        MaxNameLength = 255,
    };

    /// <inheritdoc/>
    public override ImageDescription Describe() => new ImageDescription(Format).With("tracks", (long)_tracks.Length);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        bool isRoot = node == Root;
        long size = isRoot ? 0 : OpenFile(node).Length;
        return new NodeAttributes
        {
            Type = isRoot ? NodeType.Directory : NodeType.Regular,
            Permissions = isRoot ? DirectoryPermissions : FilePermissions,
            Inode = node.Value,
            LinkCount = isRoot ? 2u : 1u,
            Size = size,
            Blocks = (size + StatBlock - 1) / StatBlock,
            BlockSize = BlockSizeOfStatistics,
        };
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = Root;
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return true;
        }

        foreach (DiscTrack track in _tracks)
        {
            if (name.SequenceEqual(NameOf(track)))
            {
                node = IdOf(track);
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        for (long entry = position; entry < FirstTrackEntry + _tracks.Length; entry++)
        {
            ReadOnlySpan<byte> name = entry switch
            {
                0 => "."u8,
                1 => ".."u8,
                _ => NameOf(_tracks[entry - FirstTrackEntry]),
            };
            bool isTrack = entry >= FirstTrackEntry;
            NodeId node = isTrack ? IdOf(_tracks[entry - FirstTrackEntry]) : Root;
            if (!sink.Add(new DirectoryEntry(name, node, isTrack ? NodeType.Regular : NodeType.Directory, entry + 1, node.Value)))
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) => throw new InvalidImageException("node", (long)node.Value, "it is not a symbolic link");

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        DiscTrack track = Array.Find(_tracks, track => IdOf(track) == node)
            ?? throw new InvalidImageException("node", (long)node.Value, "there is no such track");
        BlockSource samples = disc.OpenSamples(track);
        return new ConcatenatedSource([new MemorySource(WaveFile.MakeHeader(samples.Length)), samples]);
    }

    private static NodeId IdOf(DiscTrack track) => new((ulong)track.Number + 1);

    private static byte[] NameOf(DiscTrack track) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Track {track.Number:00}.wav"));
}

/// <summary>The header of a WAV file with a disc's samples after it.</summary>
internal static class WaveFile
{
    private const int HeaderLength = 44;
    private const int FormatLength = 16;
    private const int Pcm = 1;
    private const int Channels = 2;
    private const int SampleRate = 44100;
    private const int SampleBytes = 2;

    // Bytes of the file that the length of its RIFF chunk does not count.
    private const int Uncounted = 8;

    /// <param name="length">Bytes of samples.</param>
    internal static byte[] MakeHeader(long length)
    {
        // No disc is so long; a file that claims to be is silent from there on for those who believe its header.
        uint counted = (uint)Math.Min(length, uint.MaxValue - HeaderLength);
        byte[] header = new byte[HeaderLength];
        Span<byte> bytes = header;
        "RIFF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], counted + HeaderLength - Uncounted);
        "WAVEfmt "u8.CopyTo(bytes[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], FormatLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[20..], Pcm);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[22..], Channels);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], SampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[28..], SampleRate * Channels * SampleBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[32..], Channels * SampleBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[34..], SampleBytes * 8);
        "data"u8.CopyTo(bytes[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], counted);
        return header;
    }
}
