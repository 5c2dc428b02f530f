using System.Text.Json;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Output;

/// <summary>A file as JSON, of the same shape for every command: what stat(2) says of it, <c>target</c> of a link, <c>device</c> of a device.</summary>
internal static class FileJson
{
    /// <summary>Writes an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="fileSystem">Where the file is.</param>
    /// <param name="path">Its path.</param>
    /// <param name="node">The file.</param>
    /// <param name="attributes">Its attributes.</param>
    public static void Write(Utf8JsonWriter json, FileSystem fileSystem, ReadOnlySpan<byte> path, NodeId node, in NodeAttributes attributes)
    {
        string? target = attributes.Type == NodeType.SymbolicLink ? ByteText.FromBytes(fileSystem.ReadLink(node)) : null;
        json.WriteStartObject();
        json.WriteText("path", ByteText.FromBytes(path));
        json.WriteString("type", NodeText.TypeName(attributes.Type));
        json.WriteString("mode", NodeText.Mode(attributes.Permissions));
        json.WriteNumber("links", attributes.LinkCount);
        json.WriteNumber("uid", attributes.Uid);
        json.WriteNumber("gid", attributes.Gid);
        json.WriteNumber("size", attributes.Size);
        json.WriteString("mtime", NodeText.Time(attributes.ModifyTime));
        json.WriteNumber("inode", attributes.Inode);
        if (target is not null)
        {
            json.WriteText("target", target);
        }

        if (attributes.Type is NodeType.BlockDevice or NodeType.CharacterDevice)
        {
            json.WriteString("device", attributes.Device.ToString());
        }

        json.WriteEndObject();
    }
}
