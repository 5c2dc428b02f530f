using System.Buffers.Binary;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>The fixed newstyle handshake (proto.md, "Fixed newstyle negotiation"): what client and server agree on before the first request.</summary>
/// <param name="link">The connection.</param>
/// <param name="address">What is wanted.</param>
/// <param name="patience">How long the server may say nothing.</param>
internal sealed class NbdHandshake(NbdLink link, NbdAddress address, TimeSpan patience)
{
    // A reply has some strings, or a few numbers.
    private const int MaxReply = 4 * NbdWire.MaxString;
    private const int MaxReplies = 10_000;
    private const int MaxExportsTold = 1000;
    private const int MaxBlock = 64 << 10;
    private const int ExportInfoLength = 12;
    private const int BlockInfoLength = 14;
    private const int ReplyHeaderLength = 20;

    private byte[] _reply = [];

    /// <summary>Begins to talk, with TLS where the address says so.</summary>
    /// <exception cref="LostLinkException">The connection is lost, or the server breaks the protocol.</exception>
    /// <exception cref="LinuxException">The server refuses.</exception>
    /// <exception cref="UnsupportedFeatureException">It is no such server.</exception>
    public void Begin()
    {
        if (link.ReceiveUInt64(patience) != NbdWire.InitMagic)
        {
            throw new UnsupportedFeatureException($"{address.Place}, which is no NBD server");
        }

        ulong magic = link.ReceiveUInt64(patience);
        Span<byte> flags = stackalloc byte[2];
        link.Receive(flags, patience);
        ushort server = BinaryPrimitives.ReadUInt16BigEndian(flags);
        if (magic != NbdWire.OptionMagic || (server & NbdWire.FixedNewstyle) == 0)
        {
            throw new UnsupportedFeatureException(
                $"the NBD server {address.Place}, which {(magic == NbdWire.OldstyleMagic ? "speaks the oldstyle handshake" : "does not speak the fixed newstyle handshake")}");
        }

        Span<byte> answer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(answer, NbdWire.FixedNewstyle | (uint)(server & NbdWire.NoZeroes));
        link.Send(answer);
        if (address.Tls is { } tls)
        {
            Ask(NbdOption.StartTls, []);
            Demand(NextReply(NbdOption.StartTls), "TLS");
            link.Secure(tls);
        }
    }

    /// <summary>Names the exports that the server tells of, at most 1,000.</summary>
    /// <returns>Null where it does not tell.</returns>
    /// <inheritdoc cref="Begin"/>
    public IReadOnlyList<string>? List()
    {
        Ask(NbdOption.List, []);
        var names = new List<string>();
        for (int i = 0; i < MaxReplies; i++)
        {
            switch (NextReply(NbdOption.List))
            {
                case NbdOptionReply.Ack:
                    return names;
                case NbdOptionReply.Server when _reply.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(_reply) <= _reply.Length - 4:
                    if (names.Count < MaxExportsTold)
                    {
                        names.Add(Encoding.UTF8.GetString(_reply, 4, (int)BinaryPrimitives.ReadUInt32BigEndian(_reply)));
                    }

                    break;
                case >= NbdOptionReply.ErrorFlag:
                    return null;
                default:
                    throw NbdReplies.Broken("a reply to NBD_OPT_LIST");
            }
        }

        throw NbdReplies.Broken("the end of its list of exports");
    }

    /// <summary>Chooses the export: what follows are requests.</summary>
    /// <inheritdoc cref="Begin"/>
    public NbdExport Go()
    {
        Ask(NbdOption.StructuredReply, []);
        bool isStructured = Accepts(NextReply(NbdOption.StructuredReply));
        uint? allocation = isStructured ? SetContext() : null;
        byte[] name = Encoding.UTF8.GetBytes(address.Export);
        byte[] data = new byte[4 + name.Length + 4];
        WriteString(data, name);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4 + name.Length), 1);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4 + name.Length + 2), (ushort)NbdInfo.BlockSize);
        Ask(NbdOption.Go, data);
        var export = new NbdExport(-1, NbdFlags.None) { IsStructured = isStructured, Allocation = allocation };
        for (int i = 0; i < MaxReplies; i++)
        {
            NbdOptionReply reply = NextReply(NbdOption.Go);
            if (reply == NbdOptionReply.Info)
            {
                export = Take(export);
            }
            else
            {
                Demand(reply, $"the export \"{address.Export}\"");
                return export.Length >= 0 ? export : throw NbdReplies.Broken("the length of the export");
            }
        }

        throw NbdReplies.Broken("the end of what it tells of the export");
    }

    /// <summary>Takes leave without having chosen an export.</summary>
    /// <exception cref="LostLinkException">The connection is lost.</exception>
    public void Abort() => Ask(NbdOption.Abort, []);

    private NbdExport Take(NbdExport export)
    {
        ReadOnlySpan<byte> info = _reply;
        if (info.Length < 2)
        {
            throw NbdReplies.Broken("what it tells of the export");
        }

        switch ((NbdInfo)BinaryPrimitives.ReadUInt16BigEndian(info))
        {
            case NbdInfo.Export when info.Length == ExportInfoLength:
                ulong length = BinaryPrimitives.ReadUInt64BigEndian(info[2..]);
                return length <= long.MaxValue
                    ? export with { Length = (long)length, Flags = (NbdFlags)BinaryPrimitives.ReadUInt16BigEndian(info[10..]) }
                    : throw NbdReplies.Broken("an export's length of less than 2^63");
            case NbdInfo.BlockSize when info.Length == BlockInfoLength:
                uint least = BinaryPrimitives.ReadUInt32BigEndian(info[2..]);
                uint preferred = BinaryPrimitives.ReadUInt32BigEndian(info[6..]);
                uint most = BinaryPrimitives.ReadUInt32BigEndian(info[10..]);
                return uint.IsPow2(least) && least <= MaxBlock && uint.IsPow2(preferred) && preferred >= least && most >= least
                    ? export with { MinBlock = (int)least, PreferredBlock = (int)Math.Min(preferred, 1 << 30), MaxRequest = most / least * (long)least }
                    : throw NbdReplies.Broken("block sizes that can be");
            case NbdInfo.Export or NbdInfo.BlockSize:
                throw NbdReplies.Broken("what it tells of the export");
            default:
                return export;
        }
    }

    // An export without this context is read as well, but for its zeros.
    private uint? SetContext()
    {
        byte[] name = Encoding.UTF8.GetBytes(address.Export);
        byte[] query = Encoding.UTF8.GetBytes(NbdWire.AllocationContext);
        byte[] data = new byte[4 + name.Length + 4 + 4 + query.Length];
        WriteString(data, name);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4 + name.Length), 1);
        WriteString(data.AsSpan(4 + name.Length + 4), query);
        Ask(NbdOption.SetMetaContext, data);
        uint? number = null;
        for (int i = 0; i < MaxReplies; i++)
        {
            NbdOptionReply reply = NextReply(NbdOption.SetMetaContext);
            if (reply != NbdOptionReply.MetaContext)
            {
                return Accepts(reply) ? number : null;
            }

            if (_reply.Length < 4)
            {
                throw NbdReplies.Broken("a metadata context");
            }

            number = _reply.AsSpan(4).SequenceEqual(query) ? BinaryPrimitives.ReadUInt32BigEndian(_reply) : number;
        }

        throw NbdReplies.Broken("the end of its metadata contexts");
    }

    private static void WriteString(Span<byte> target, ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)text.Length);
        text.CopyTo(target[4..]);
    }

    private void Ask(NbdOption option, ReadOnlySpan<byte> data)
    {
        byte[] message = new byte[16 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(message, NbdWire.OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), (uint)option);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), (uint)data.Length);
        data.CopyTo(message.AsSpan(16));
        link.Send(message);
    }

    private NbdOptionReply NextReply(NbdOption option)
    {
        Span<byte> header = stackalloc byte[ReplyHeaderLength];
        link.Receive(header, patience);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        if (BinaryPrimitives.ReadUInt64BigEndian(header) != NbdWire.OptionReplyMagic || BinaryPrimitives.ReadUInt32BigEndian(header[8..]) != (uint)option || length > MaxReply)
        {
            throw NbdReplies.Broken($"a reply to option {(uint)option}");
        }

        _reply = new byte[length];
        link.Receive(_reply, patience);
        return (NbdOptionReply)BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
    }

    // Whether an option that can be done without is there.
    private bool Accepts(NbdOptionReply reply) =>
        reply == NbdOptionReply.Ack || (reply is NbdOptionReply.TlsRequired or NbdOptionReply.Shutdown or < NbdOptionReply.ErrorFlag ? Refuse(reply, "the export") : false);

    private void Demand(NbdOptionReply reply, string what) => _ = reply == NbdOptionReply.Ack || Refuse(reply, what);

    private bool Refuse(NbdOptionReply reply, string what)
    {
        string said = reply > NbdOptionReply.ErrorFlag && _reply.Length > 0 ? $": {Encoding.UTF8.GetString(_reply.AsSpan(0, Math.Min(_reply.Length, NbdWire.MaxString)))}" : string.Empty;
        throw reply switch
        {
            NbdOptionReply.TlsRequired => new LinuxException("NBD_OPT_GO", Errno.EACCES, address.Place, $"the server demands TLS: nbds:// speaks it{said}"),
            NbdOptionReply.Policy => new LinuxException("NBD_OPT_GO", Errno.EACCES, address.Place, $"the server does not give {what}{said}"),
            NbdOptionReply.Unknown => new LinuxException("NBD_OPT_GO", Errno.ENOENT, address.Place, $"the server does not have {what}{said}"),
            NbdOptionReply.Shutdown => new LostLinkException($"the server is about to end{said}"),
            > NbdOptionReply.ErrorFlag => new LinuxException("NBD_OPT_GO", Errno.EOPNOTSUPP, address.Place, $"the server refuses {what}{said}"),
            _ => NbdReplies.Broken($"an answer to {what}"),
        };
    }
}
