using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Readers;

/// <summary>Nodes and what is said of them, as fields of messages.</summary>
internal static class NodeFields
{
    /// <summary>Adds a node.</summary>
    internal static void WriteNode(this Message message, NodeId node)
    {
        message.Write(node.Value);
        message.Write(node.Space);
    }

    /// <summary>Takes a node of an image, which says nothing of images around it.</summary>
    /// <exception cref="ReaderException">It does.</exception>
    internal static NodeId ReadNode(this Message message)
    {
        var node = new NodeId(message.Read<ulong>(), message.Read<ulong>());
        return TreeLevel.Image.NumberOf(node) == 0 ? node : throw ReaderException.BadAnswer("a node of another image");
    }

    /// <summary>Adds what stat(2) says.</summary>
    internal static void WriteAttributes(this Message message, in NodeAttributes attributes)
    {
        message.WriteSuccess();
        message.Write((byte)attributes.Type);
        message.Write(attributes.Permissions);
        message.Write(attributes.Inode);
        message.Write(attributes.LinkCount);
        message.Write(attributes.Uid);
        message.Write(attributes.Gid);
        message.Write(attributes.Device.Major);
        message.Write(attributes.Device.Minor);
        message.Write(attributes.Size);
        message.Write(attributes.Blocks);
        message.Write(attributes.BlockSize);
        message.WriteTime(attributes.AccessTime);
        message.WriteTime(attributes.ModifyTime);
        message.WriteTime(attributes.ChangeTime);
        message.WriteFlag(attributes.BirthTime is not null);
        message.WriteTime(attributes.BirthTime ?? default);
    }

    /// <summary>Takes what stat(2) says, or an error in its place.</summary>
    /// <exception cref="ReaderException">It cannot be told, or no file has such.</exception>
    internal static NodeAttributes ReadAttributes(this Message message)
    {
        message.ThrowError();
        var attributes = new NodeAttributes
        {
            Type = (NodeType)message.Read<byte>(),
            Permissions = message.Read<uint>(),
            Inode = message.Read<ulong>(),
            LinkCount = message.Read<uint>(),
            Uid = message.Read<uint>(),
            Gid = message.Read<uint>(),
            Device = new DeviceNumber(message.Read<uint>(), message.Read<uint>()),
            Size = message.Read<long>(),
            Blocks = message.Read<long>(),
            BlockSize = message.Read<uint>(),
            AccessTime = message.ReadTime(),
            ModifyTime = message.ReadTime(),
            ChangeTime = message.ReadTime(),
        };
        bool hasBirthTime = message.ReadFlag();
        Timestamp birthTime = message.ReadTime();
        if (attributes.Type > NodeType.Socket || attributes.Size < 0 || attributes.Blocks < 0)
        {
            throw ReaderException.BadAnswer("attributes that no file has");
        }

        return hasBirthTime ? attributes with { BirthTime = birthTime } : attributes;
    }

    /// <summary>Adds that there is no error.</summary>
    internal static void WriteSuccess(this Message message) => message.Write((int)Errno.None);

    /// <summary>Adds an error.</summary>
    internal static void WriteError(this Message message, Exception e)
    {
        message.Write((int)(e switch
        {
            ImageException image => image.Errno,
            LinuxException linux => linux.Errno,
            OptionException => Errno.EOPNOTSUPP,
            OutOfMemoryException => Errno.ENOMEM,
            _ => Errno.EIO,
        }));

        // A defect of the program: its author wants to know where.
        message.WriteText(e is ImageException or LinuxException or OptionException or OutOfMemoryException ? e.Message : e.ToString());
    }

    /// <summary>Takes an error, where there is one.</summary>
    /// <exception cref="ReaderException">There is.</exception>
    internal static void ThrowError(this Message message)
    {
        var errno = (Errno)message.Read<int>();
        if (errno != Errno.None)
        {
            throw new ReaderException(errno, message.ReadText());
        }
    }

    private static void WriteTime(this Message message, Timestamp time)
    {
        message.Write(time.Seconds);
        message.Write(time.Nanoseconds);
    }

    private static Timestamp ReadTime(this Message message) => new(message.Read<long>(), message.Read<uint>());
}
