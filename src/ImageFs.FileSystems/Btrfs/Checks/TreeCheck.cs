using System.Globalization;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Checks every copy of every node of all trees, and every item by itself.</summary>
/// <param name="devices">The file system.</param>
internal sealed class TreeCheck(DeviceSet devices)
{
    private readonly byte[] _copy = new byte[devices.Geometry.NodeSize];

    /// <summary>Checks them.</summary>
    public void Run(CheckRun run)
    {
        var walk = new TreeWalk(devices)
        {
            OnNode = (in NodePointer pointer, TreeNode node) =>
            {
                CheckItems(pointer, node, run);
                CheckCopies(pointer, run);
            },
        };
        walk.Run(run);
        run.Extent = walk.Count.ToString(CultureInfo.InvariantCulture);
    }

    private void CheckItems(in NodePointer pointer, TreeNode node, CheckRun run)
    {
        for (int i = 0; node.Level == 0 && i < node.Count; i++)
        {
            try
            {
                if (ItemCheck.FindProblem(devices, pointer, node, i) is { } problem)
                {
                    run.Find($"item {node.Key(i)} of tree {unchecked((long)node.Owner)}", (long)node.Address + node.DataStart(i), problem, NodeReader.Clause);
                }
            }
            catch (InvalidImageException e)
            {
                run.Find(Finding.Of(e));
            }
            catch (UnsupportedFeatureException e)
            {
                run.Block(e.Message);
            }
        }
    }

    private void CheckCopies(in NodePointer pointer, CheckRun run)
    {
        int copies = devices.Reader.CopiesOf(pointer);
        for (int copy = 0; copies > 1 && copy < copies; copy++)
        {
            try
            {
                if (devices.Reader.FindProblemOfCopy(pointer, copy, _copy) is { } problem)
                {
                    run.Find(Finding.Of(NodeReader.Damaged(pointer, $"copy {copy + 1} of {copies}: {problem}")));
                }
            }
            catch (TruncatedImageException e)
            {
                // Said once: of a device that is missing, all of it is.
                run.Block(e.Message);
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                run.Find(Finding.Of(e));
            }
        }
    }
}
