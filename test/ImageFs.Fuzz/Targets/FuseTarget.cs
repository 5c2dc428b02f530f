using System.Buffers.Binary;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Storage;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Targets;

/// <summary>
/// The requests of a kernel that is not one: a seed is a row of requests, each with its length in front of it. A request gets one reply, or none
/// where FUSE wants none, of a size that was asked for.
/// </summary>
internal sealed class FuseTarget : FuzzTarget
{
    private const int LengthField = sizeof(ushort);
    private const int HeaderLength = 40;
    private const int MaxErrno = 4095;
    private const int MaxRequest = 8192;
    private const int MaxRequests = 64;

    private readonly ReplyRecorder _replies = new();
    private readonly FuseDispatcher _dispatcher;
    private readonly byte[] _request = new byte[MaxRequest];

    /// <summary>Serves a disc with Rock Ridge.</summary>
    public FuseTarget()
        : base("fuse", [new Seed("requests", MakeRequests)])
    {
        var tree = new Iso9660Format().Open(new MutantDevice(DiskImage.Read("rockridge.iso")), new OpenContext());
        var options = new FuseMountOptions { MountPoint = "/nowhere", Source = "fuzz", Log = static _ => { } };
        _dispatcher = new FuseDispatcher(new FuseService(tree, options), _replies, new WorkerCounters());
    }

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use)
    {
        long at = 0;
        Span<byte> field = stackalloc byte[LengthField];
        for (int i = 0; i < MaxRequests && at + LengthField <= device.Length; i++)
        {
            device.ReadAt(at, field);
            at += LengthField;
            int length = (int)Math.Min(Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(field), MaxRequest), device.Length - at);
            device.ReadAt(at, _request.AsSpan(0, length));
            at += length;
            Serve(_request.AsSpan(0, length), use.Outcome);
        }
    }

    private void Serve(ReadOnlySpan<byte> request, Outcome outcome)
    {
        _replies.Clear();
        _dispatcher.Serve(request);
        bool hasHeader = request.Length >= HeaderLength && BinaryPrimitives.ReadUInt32LittleEndian(request) == request.Length;
        var opcode = hasHeader ? unchecked((FuseOpcode)BinaryPrimitives.ReadUInt32LittleEndian(request[4..])) : FuseOpcode.None;
        OracleException.Check(_replies.Count <= 1, $"{opcode} got {_replies.Count} replies");
        if (opcode is FuseOpcode.Forget or FuseOpcode.BatchForget)
        {
            OracleException.Check(!hasHeader || _replies.Count == 0 || _replies.Error != 0, $"{opcode} got a reply");
            return;
        }

        OracleException.Check(!hasHeader || _replies.Count == 1 || opcode == FuseOpcode.Interrupt, $"{opcode} got no reply");
        if (_replies.Count == 0)
        {
            return;
        }

        OracleException.Check(_replies.Unique == BinaryPrimitives.ReadUInt64LittleEndian(request[8..]), "a reply is to another request");
        OracleException.Check(_replies.Error is >= 0 and < MaxErrno && (_replies.Error == 0 || _replies.Length == 0), $"an error is {_replies.Error}");
        if (_replies.Error != 0)
        {
            outcome.Note(opcode.ToString(), $"error {new string((char)('a' + (_replies.Error % 26)), 1 + (_replies.Error / 26))}");
            return;
        }

        outcome.NoteOpened();
        if (opcode is FuseOpcode.Read or FuseOpcode.Readdir or FuseOpcode.Readdirplus)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(request[(HeaderLength + 16)..]);
            OracleException.Check((uint)_replies.Length <= size, $"{opcode} of {size} bytes got {_replies.Length}");
            outcome.NoteRead();
        }
    }

    private static byte[] MakeRequests()
    {
        var bytes = new List<byte>();
        ulong unique = 2;

        Add(FuseOpcode.Lookup, 1, "dir\0"u8);
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
        {
            // The root, and numbers of records of the disc; a handle, an offset, a size and flags, as most requests have them.
            Add(opcode, 1, [.. new byte[16], 0, 0x10, 0, 0, .. new byte[20]]);
        }

        foreach (ulong node in FindNodes())
        {
            Add(FuseOpcode.Getattr, node, new byte[16]);
            Add(FuseOpcode.Read, node, [.. new byte[16], 0, 0x20, 0, 0, .. new byte[20]]);
            Add(FuseOpcode.Readlink, node, []);
            Add(FuseOpcode.Readdirplus, node, [.. new byte[16], 0, 0x10, 0, 0, .. new byte[20]]);
            Add(FuseOpcode.Getxattr, node, [64, 0, 0, 0, 0, 0, 0, 0, .. "user.name\0"u8]);
            Add(FuseOpcode.Lseek, node, [.. new byte[16], 3, 0, 0, 0, 0, 0, 0, 0]);
            Add(FuseOpcode.Statx, node, new byte[32]);
        }

        return [.. bytes];

        void Add(FuseOpcode opcode, ulong node, ReadOnlySpan<byte> body)
        {
            byte[] header = new byte[LengthField + HeaderLength];
            BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(HeaderLength + body.Length));
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(LengthField), HeaderLength + body.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(LengthField + 4), (uint)opcode);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(LengthField + 8), unique += 2);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(LengthField + 16), node);
            bytes.AddRange(header);
            bytes.AddRange(body);
        }
    }

    // Node ids that the disc has, from a listing of its root.
    private static IEnumerable<ulong> FindNodes()
    {
        var tree = new Iso9660Format().Open(new MutantDevice(DiskImage.Read("rockridge.iso")), new OpenContext());
        var nodes = new FuseNodes(tree);
        var entries = new EntryList(4);
        tree.ReadDirectory(tree.Root, 0, entries);
        return entries.List.Select(entry => nodes.ToId(entry.Node));
    }
}
