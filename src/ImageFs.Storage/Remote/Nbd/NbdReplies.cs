using System.Buffers.Binary;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>
/// Receives what replies are made of (proto.md, "Transmission phase"), but for the export's bytes. What cannot be is an error, and the connection of no
/// use any more: nobody knows where the next reply begins.
/// </summary>
/// <param name="link">The connection.</param>
/// <param name="export">What was agreed on.</param>
internal sealed class NbdReplies(NbdLink link, NbdExport export)
{
    private const int MaxErrorText = NbdWire.MaxString + 64;
    private const int MaxStatusLength = 1 << 20;

    /// <summary>
    /// How many bytes of the next reply come before those of the export, if it is one with them: to receive so many by one call leaves those in
    /// the socket.
    /// </summary>
    public static int LengthBeforeData(NbdExport export) => export.IsStructured ? NbdWire.ChunkHeaderLength + sizeof(ulong) : NbdWire.SimpleReplyLength;

    /// <summary>The header of the next reply, or of the next chunk of one.</summary>
    public NbdReplyHeader Header(TimeSpan patience)
    {
        Span<byte> bytes = stackalloc byte[NbdWire.ChunkHeaderLength];
        link.Receive(bytes[..NbdWire.SimpleReplyLength], patience);
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (magic == NbdWire.SimpleReplyMagic)
        {
            return new NbdReplyHeader(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), null, IsLast: true, 0);
        }

        if (magic != NbdWire.StructuredReplyMagic || !export.IsStructured)
        {
            throw Broken("the mark of a reply");
        }

        link.Receive(bytes[NbdWire.SimpleReplyLength..], patience, NbdWire.SimpleReplyLength);
        bool isLast = (BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) & 1) != 0;
        var chunk = (NbdChunk)BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        return new NbdReplyHeader(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), 0, chunk, isLast, BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));
    }

    /// <summary>Where a chunk of a read lies in the request, and how many bytes it is of: inside it, and at least one.</summary>
    public (long Start, long Length) Place(NbdReplyHeader header, NbdRequest request, TimeSpan patience)
    {
        const int HoleLength = 12;
        Span<byte> place = stackalloc byte[HoleLength];
        bool isHole = header.Chunk == NbdChunk.OffsetHole;
        if (request.Command != NbdCommand.Read || (isHole ? header.Length != HoleLength : header.Length <= sizeof(ulong)))
        {
            throw Broken("a chunk's length");
        }

        place = place[..(isHole ? HoleLength : sizeof(ulong))];
        link.Receive(place, patience, NbdWire.ChunkHeaderLength);
        ulong offset = BinaryPrimitives.ReadUInt64BigEndian(place);
        long length = isHole ? BinaryPrimitives.ReadUInt32BigEndian(place[sizeof(ulong)..]) : header.Length - sizeof(ulong);
        return offset >= (ulong)request.Offset && length > 0 && length <= request.Length && offset - (ulong)request.Offset <= (ulong)(request.Length - length)
            ? ((long)offset - request.Offset, length)
            : throw Broken("a chunk's place in what was asked for");
    }

    /// <summary>Where zeros are; of another context, nothing.</summary>
    public void Status(NbdReplyHeader header, ICollection<(long Length, bool IsZero)> runs, TimeSpan patience)
    {
        const int RunLength = 8;
        if (header.Length < 4 + RunLength || header.Length > MaxStatusLength || (header.Length - 4) % RunLength != 0)
        {
            throw Broken("the length of a block status");
        }

        using var buffer = new PooledBuffer((int)header.Length);
        link.Receive(buffer.Span, patience);
        if (BinaryPrimitives.ReadUInt32BigEndian(buffer.Span) != export.Allocation || runs.Count > 0)
        {
            return;
        }

        for (int at = 4; at < header.Length; at += RunLength)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(buffer.Span[at..]);
            runs.Add(length > 0 ? (length, (BinaryPrimitives.ReadUInt32BigEndian(buffer.Span[(at + 4)..]) & NbdWire.StateZero) != 0) : throw Broken("the length of a run"));
        }
    }

    /// <summary>What has no bytes of the export: the end of a reply, or an error, of which the first counts.</summary>
    public uint Other(NbdReplyHeader header, uint error, TimeSpan patience)
    {
        switch (header.Chunk)
        {
            case null when header.Error != 0:
                return header.Error;
            case NbdChunk.None when header is { IsLast: true, Length: 0 }:
                return error;
            case >= NbdChunk.ErrorFlag when header.Length is >= 6 and <= MaxErrorText:
                using (var buffer = new PooledBuffer((int)header.Length))
                {
                    link.Receive(buffer.Span, patience);
                    uint number = BinaryPrimitives.ReadUInt32BigEndian(buffer.Span);
                    return error != 0 ? error : number != 0 ? number : throw Broken("an error's number");
                }

            default:
                throw Broken("a chunk that belongs to the request");
        }
    }

    /// <summary>The error of a server that breaks the protocol.</summary>
    /// <param name="missing">What is not as it has to be.</param>
    public static LostLinkException Broken(string missing) => new($"the server breaks the protocol of NBD: {missing} is missing or wrong");
}
