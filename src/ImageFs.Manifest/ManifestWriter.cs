using System.Buffers;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>
/// Writes a tree as a manifest: an EROFS image with the names and attributes of all files, whose bytes lie on further devices - in the image
/// that the tree is of (Documentation/filesystems/erofs.rst, "device=").
/// </summary>
public static class ManifestWriter
{
    /// <summary>Writes one, from its first byte to its last. The same tree gives the same bytes.</summary>
    /// <param name="fileSystem">The tree.</param>
    /// <param name="output">Takes the manifest.</param>
    /// <param name="options">What may be in it.</param>
    /// <exception cref="NotRepresentableException">There are files that EROFS cannot tell where they lie, and too many of them to be copied.</exception>
    /// <exception cref="ImageException">The tree is damaged: all of it has to be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ManifestSummary Write(FileSystem fileSystem, Stream output, ManifestOptions options)
    {
        var devices = new DeviceTable();
        var tree = new ManifestTree(fileSystem, devices);
        tree.Read();
        var layout = new ManifestLayout(tree.Nodes, devices, options);
        new Body(fileSystem, output, layout).Write(tree.Nodes, devices);
        return new ManifestSummary(layout.Length, layout.BlockSize, tree.Nodes.Count, layout.Copied, devices.Devices, tree.LostAttributes);
    }

    // Writes forward only; what is between two things is zeros.
    private sealed class Body(FileSystem fileSystem, Stream output, ManifestLayout layout)
    {
        private const int BufferLength = 1 << 20;

        private readonly byte[] _record = new byte[InodeRecord.Length];
        private readonly byte[] _block = new byte[layout.BlockSize];
        private long _position;

        public void Write(IReadOnlyList<ManifestNode> nodes, DeviceTable devices)
        {
            WriteStart(nodes, devices);
            foreach (ManifestNode node in nodes)
            {
                WriteInode(node);
            }

            foreach (ManifestNode node in nodes)
            {
                if (node.Body == BodyKind.Blocks)
                {
                    Skip(node.BodyAddress);
                    WriteContents(node);
                }
            }

            Skip(layout.Length);
        }

        private void WriteStart(IReadOnlyList<ManifestNode> nodes, DeviceTable devices)
        {
            byte[] start = new byte[nodes[0].Address];
            SuperBlockRecord.Write(start, layout, nodes, devices.Devices);
            Append(start);
        }

        private void WriteInode(ManifestNode node)
        {
            Skip(node.Address);
            Span<byte> record = _record;
            record.Clear();
            InodeRecord.Write(node, layout.BlockBits, layout.Has48Bits, layout.FirstBlockOf(node), record);
            Append(record);
            Append(node.Attributes);
            switch (node.Body)
            {
                case BodyKind.Tail:
                    WriteContents(node);
                    break;
                case BodyKind.Chunks:
                    Skip(ManifestLayout.IndexesOf(node));
                    ChunkIndex.WriteAll(node, layout.BlockBits, layout.NumberOf, Append);
                    break;
                default:
                    break;
            }
        }

        private void WriteContents(ManifestNode node)
        {
            switch (node.Type)
            {
                case NodeType.Directory:
                    WriteDirectory(node);
                    break;
                case NodeType.SymbolicLink:
                    Append(node.Target);
                    break;
                default:
                    CopyFile(node);
                    break;
            }
        }

        private void WriteDirectory(ManifestNode node)
        {
            var blocks = new DirectoryBlocks(node, layout.BlockSize);
            while (blocks.MoveNext())
            {
                Array.Clear(_block);
                blocks.Write(_block);
                Append(_block.AsSpan(0, blocks.IsLast ? blocks.Length : _block.Length));
            }
        }

        private void CopyFile(ManifestNode node)
        {
            BlockSource file = fileSystem.OpenFile(node.Id);
            byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferLength, node.Size));
            try
            {
                for (long offset = 0; offset < node.Size;)
                {
                    int length = (int)Math.Min(buffer.Length, node.Size - offset);
                    file.ReadAt(offset, buffer.AsSpan(0, length));
                    Append(buffer.AsSpan(0, length));
                    offset += length;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        private void Append(ReadOnlySpan<byte> bytes)
        {
            output.Write(bytes);
            _position += bytes.Length;
        }

        private void Skip(long position)
        {
            Array.Clear(_block);
            while (_position < position)
            {
                Append(_block.AsSpan(0, (int)Math.Min(_block.Length, position - _position)));
            }
        }
    }
}
