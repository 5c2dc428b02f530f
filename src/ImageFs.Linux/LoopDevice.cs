using System.Buffers.Binary;
using System.Globalization;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>A loop device: a file as a block device, for reading. It is free again when nobody has it open any more.</summary>
public sealed unsafe class LoopDevice : IDisposable
{
    private const int GetFree = 0x4C82;
    private const int ConfigureCommand = 0x4C0A;
    private const int ConfigLength = 304;
    private const int BlockSizeOffset = 4;
    private const int FlagsOffset = 8 + 52;
    private const uint ReadOnly = 1;
    private const uint AutoClear = 4;
    private const int Attempts = 64;

    // Bytes of a sector that every file system takes.
    private const int BlockSize = 512;

    private readonly FileDescriptor _device;

    private LoopDevice(FileDescriptor device, string path)
    {
        _device = device;
        Path = path;
    }

    /// <summary>Its path: "/dev/loop3".</summary>
    public string Path { get; }

    /// <summary>Takes a free one for a file, with sectors of 512 bytes (LOOP_CONFIGURE, Linux 5.8).</summary>
    /// <param name="file">The file, open for reading.</param>
    /// <exception cref="LinuxException">There is none, or this user may not take it.</exception>
    public static LoopDevice Attach(FileDescriptor file)
    {
        using FileDescriptor control = Files.Open("/dev/loop-control", OpenFlags.ReadWrite);
        for (int attempt = 0; ; attempt++)
        {
            int number = Ask(control, GetFree, null);
            if (number < 0)
            {
                throw LinuxException.Last("ioctl(LOOP_CTL_GET_FREE)");
            }

            string path = string.Create(CultureInfo.InvariantCulture, $"/dev/loop{number}");
            FileDescriptor device = Files.Open(path, OpenFlags.ReadOnly);
            if (Configure(device, file))
            {
                return new LoopDevice(device, path);
            }

            // Somebody else was faster.
            Errno errno = LinuxException.LastError;
            device.Dispose();
            if (errno != Errno.EBUSY || attempt == Attempts)
            {
                throw new LinuxException("ioctl(LOOP_CONFIGURE)", errno, path);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private static bool Configure(FileDescriptor device, FileDescriptor file)
    {
        byte[] config = new byte[ConfigLength];
        using DescriptorInUse use = file.Use();
        BinaryPrimitives.WriteInt32LittleEndian(config, use.Number);
        BinaryPrimitives.WriteInt32LittleEndian(config.AsSpan(BlockSizeOffset), BlockSize);
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(FlagsOffset), ReadOnly | AutoClear);
        fixed (byte* first = config)
        {
            return Ask(device, ConfigureCommand, first) == 0;
        }
    }

    private static int Ask(FileDescriptor device, int request, void* argument)
    {
        using DescriptorInUse use = device.Use();
        return ioctl(use.Number, request, argument);
    }
}
