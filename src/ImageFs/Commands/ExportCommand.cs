using System.CommandLine;
using ImageFs.Confinement;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Storage;

namespace ImageFs.Commands;

/// <summary><c>imagefs export IMAGE FILE</c>.</summary>
internal static class ExportCommand
{
    private const int BufferLength = 1 << 20;

    internal static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Where to; one that is there is replaced, - is standard output." };
        var command = new ImageCommand("export", "Write a volume of an image, or its disk, as raw bytes; nothing is mounted.")
        {
            file,
            new Example("imagefs export vm.qcow2 vm.img", "a virtual disk as a plain one, with holes"),
            new Example("imagefs export -o part=2 disk.img root.img", "a partition"),
            new Example("imagefs export disk.img.xz - | ssh host dd of=/dev/sdb", "to another program"),
        };
        command.MakePlan = parsed => ReadingPlan.WriteTo(parsed.GetRequiredValue(file));
        command.SetAction((stack, parsed) =>
        {
            BlockSource volume = stack.OpenVolume();
            KnownFormats.RefuseRest(stack.Context.Options);
            string target = parsed.GetRequiredValue(file);
            if (target == "-" && !Console.IsOutputRedirected)
            {
                return Failure.Tell("a disk is nothing for a terminal: name a file, or | a program", ExitStatus.Usage);
            }

            using var bar = new ProgressBar(() => volume.Length);
            if (target == "-")
            {
                using Stream output = StandardOutput.Open();
                Copy(volume, output, bar);
                return ExitStatus.Success;
            }

            if (Files.TryStatus(target, out _) is { IsRegular: false })
            {
                throw new IOException($"{target}: not a regular file; to write to a device: imagefs export IMAGE - | dd of={target}");
            }

            command.Output.Write(output => CopySparse(volume, output, bar));
            return ExitStatus.Success;
        });
        return command;
    }

    private static void Copy(BlockSource volume, Stream output, ProgressBar bar)
    {
        byte[] buffer = new byte[BufferLength];
        for (long offset = 0; offset < volume.Length; offset += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, volume.Length - offset));
            volume.ReadAt(offset, part);
            output.Write(part);
            bar.Add(part.Length);
        }
    }

    private static void CopySparse(BlockSource volume, FileStream output, ProgressBar bar)
    {
        using var descriptor = new FileDescriptor((int)output.SafeFileHandle.DangerousGetHandle(), ownsHandle: false);
        Contents.Copy(volume, descriptor, static _ => { }, (_, bytes) => bar.Add(bytes));
    }
}
