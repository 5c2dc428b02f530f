namespace ImageFs.MountTests.Support;

/// <summary>
/// Tests that test/run.sh runs with the program that was built as well, when another one is under test: that one mounts, unmounts and tidies up by
/// itself, where the one in one file asks its keeper.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class BuiltTooAttribute : CategoryAttribute;
