namespace ImageFs.Desktop;

/// <summary>What a notification says.</summary>
/// <param name="Icon">The name of its icon, by the Icon Naming Specification.</param>
/// <param name="Summary">A line.</param>
/// <param name="Body">More, without markup.</param>
internal sealed record Notification(string Icon, string Summary, string Body)
{
    /// <summary>What users can do about it; it stays until they have, where there is something.</summary>
    internal IReadOnlyList<(string Key, string Label)> Actions { get; init; } = [];
}
