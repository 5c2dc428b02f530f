using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using ImageFs.Linux;
using Tmds.Linux;

namespace ImageFs.Fuzz.Faults;

/// <summary>
/// The library faults.c, which stands in front of the C library for this program's calls. It has to be loaded before the first of them is
/// made: a call that was bound stays so.
/// </summary>
public static unsafe class FaultLibrary
{
    private const string Library = "libc.so.6";

    private static readonly Lazy<nint> s_handle = new(Compile);
    private static delegate* unmanaged<byte*, int, int, void> _begin;
    private static delegate* unmanaged<int> _end;

    /// <summary>Puts it in front.</summary>
    public static void Load()
    {
        if (_begin is not null)
        {
            return;
        }

        foreach (Assembly assembly in (Assembly[])[typeof(LibC).Assembly, typeof(Pipe).Assembly])
        {
            NativeLibrary.SetDllImportResolver(assembly, static (name, _, _) => name == Library ? s_handle.Value : 0);
        }

        _end = (delegate* unmanaged<int>)NativeLibrary.GetExport(s_handle.Value, "faults_end");
        _begin = (delegate* unmanaged<byte*, int, int, void>)NativeLibrary.GetExport(s_handle.Value, "faults_begin");
    }

    /// <summary>Does something while the calls of this thread fail.</summary>
    /// <param name="script">A byte for each call: from 0x80 on it fails.</param>
    /// <param name="device">The descriptor that stands for /dev/fuse.</param>
    /// <param name="action">What is done.</param>
    /// <returns>How many calls failed.</returns>
    internal static int Run(ReadOnlySpan<byte> script, FileDescriptor device, Action action)
    {
        fixed (byte* bytes = script)
        {
            _begin(bytes, script.Length, device.Number);
            int failed = 0;
            try
            {
                action();
            }
            finally
            {
                failed = _end();
            }

            return failed;
        }
    }

    private static nint Compile()
    {
        string library = Path.Combine(Path.GetTempPath(), $"imagefs-faults-{Environment.ProcessId}.so");
        try
        {
            using Process gcc = Process.Start("gcc", ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, "faults.c")]);
            gcc.WaitForExit();
            return gcc.ExitCode == 0 ? NativeLibrary.Load(library) : throw new InvalidOperationException("faults.c is not compiled");
        }
        finally
        {
            File.Delete(library);
        }
    }
}
